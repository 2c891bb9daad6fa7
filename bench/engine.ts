/**
 * Compares the pocket engine with `transformers` and `peft` in decoding and LoRA training, on the same checkpoint and
 * machine, with one thread each, in alternation.
 *
 * Figures are medians over the repetitions, in tokens per second. Decoding: greedy, prompts of 40 tokens, 48 new
 * tokens each, prefill included, end token disabled, every prompt different. LoRA: samples of 60 tokens, 32 per step,
 * rank 16 on all linear layers, dropout 0.05; the first step (compilation) is excluded and printed as a note.
 * `--checkpoint pocket/checkpoints/<name> --repetitions 5`; without a checkpoint, a random one of the smallest shape.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { TARGET_MODULES } from "../pocket/engine/checkpoint.ts";
import { LocalEngine } from "../pocket/engine/local-engine.ts";
import type { TrainingJob } from "../pocket/engine/port.ts";
import { writeRandomCheckpoint } from "../pocket/engine/random-checkpoint.ts";
import { train } from "../pocket/engine/training/train.ts";
import { printNote, printResult, rounded } from "./result.ts";

const BATCHES = [1, 16, 64] as const;
const PROMPT_TOKENS = 40;
const NEW_TOKENS = 48;
const TRAINING = { rank: 16, alpha: 32, dropout: 0.05, rate: 1e-3, batch: 32 } as const;
const TRAINING_STEPS = 8;
const SAMPLE_TEXT = {
  prompt: "7*8-3+9=1234567890+1234567890+123456789",
  response: "9876543210+987654321",
} as const;

type Figures = { readonly decode: Record<string, number[]>; readonly lora: number[] };

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { checkpoint: { type: "string" }, repetitions: { type: "string", default: "5" } },
  });
  const work = mkdtempSync(join(tmpdir(), "agora-bench-"));
  try {
    await run(prepareCheckpoint(work, values.checkpoint), work, Number(values.repetitions));
  } finally {
    rmSync(work, { recursive: true });
  }
};

/** A copy of the checkpoint whose end token is the padding token, which is never sampled. */
const prepareCheckpoint = (work: string, source: string | undefined): string => {
  const folder = join(work, "checkpoint");
  if (source === undefined) writeRandomCheckpoint(folder);
  else cpSync(source, folder, { recursive: true });
  const path = join(folder, "tokenizer_config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, eos_token: config.pad_token }));
  return folder;
};

const run = async (folder: string, work: string, repetitions: number): Promise<void> => {
  const engine = new LocalEngine(folder);
  const reference = new Reference(folder);
  const ours: Figures = { decode: { 1: [], 16: [], 64: [] }, lora: [] };
  const theirs: Figures = { decode: { 1: [], 16: [], 64: [] }, lora: [] };
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const batch of BATCHES) {
      const prompts = promptsOf(engine, batch, repetition);
      const figures = [await decode(engine, batch, repetition), await reference.decode(prompts)] as const;
      if (repetition >= 0) keep(ours.decode[batch], theirs.decode[batch], figures);
    }
    if (repetition >= 0)
      keep(ours.lora, theirs.lora, [await lora(folder, work), await reference.lora(engine)]);
    printNote(`repetition ${repetition + 1} of ${repetitions}${repetition < 0 ? " (warm-up)" : ""}`);
  }
  reference.close();
  report(folder, ours, theirs);
};

const keep = (
  ours: number[] | undefined,
  theirs: number[] | undefined,
  figures: readonly [number, number],
): void => {
  ours?.push(figures[0]);
  theirs?.push(figures[1]);
};

/** Prompts that differ in every repetition and round, so that no prefix is in the cache. */
const promptsOf = ({ tokenizer }: LocalEngine, count: number, salt: number): number[][] => {
  return Array.from({ length: count }, (_, row) => {
    const mix = (index: number): number =>
      ((index + 3) * (row + 7) * 7919 + (salt + 2) * 104_729 * (index + 1)) >>> 3;
    const rest = Array.from(
      { length: PROMPT_TOKENS - 1 },
      (_, index) => 3 + (mix(index) % (tokenizer.vocabularySize - 3)),
    );
    return [tokenizer.beginToken, ...rest];
  });
};

/** Repeats rounds for at least half a second. */
const decode = async (engine: LocalEngine, batch: number, repetition: number): Promise<number> => {
  const start = performance.now();
  let tokens = 0;
  for (let round = 0; performance.now() - start < 500; round++) {
    const prompts = promptsOf(engine, batch, 1000 * (repetition + 2) + round);
    const settings = { maxTokens: NEW_TOKENS, temperature: 0, topP: 1, seed: 0, stop: [] };
    const generations = await Promise.all(prompts.map((prompt) => engine.generate({ ...settings, prompt })));
    for (const generation of generations) tokens += generation.tokens.length;
  }
  return (tokens * 1000) / (performance.now() - start);
};

/** Tokens per second after the first step. */
const lora = async (folder: string, work: string): Promise<number> => {
  const samples = Array.from({ length: TRAINING.batch * TRAINING_STEPS }, () => SAMPLE_TEXT);
  const { rank, alpha, dropout, rate, batch } = TRAINING;
  const settings = { rank, alpha, dropout, learningRate: rate, batchSize: batch, epochs: 1, seed: 1 };
  const job: TrainingJob = {
    ...settings,
    base: folder,
    samples,
    targetModules: TARGET_MODULES,
    output: join(work, "adapter"),
  };
  const start = performance.now();
  let warm = 0;
  const result = await train(job, {
    onProgress: ({ step }) => {
      if (step === 1) warm = performance.now();
    },
  });
  printNote(`our first LoRA step, compilation included: ${rounded((warm - start) / 1000)} s`);
  return (result.tokens * (TRAINING_STEPS - 1) * 1000) / TRAINING_STEPS / (performance.now() - warm);
};

/** Sends requests to `engine_reference.py`, one at a time. */
class Reference {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: string) {
    const python = process.env.AGORA_PYTHON ?? join(import.meta.dirname, "../.venv/bin/python");
    const script = join(import.meta.dirname, "engine_reference.py");
    const child = spawn(python, [script, folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  decode(prompts: readonly number[][]): Promise<number> {
    return this.#ask({ decode: { prompts, tokens: NEW_TOKENS } });
  }

  lora({ tokenizer }: LocalEngine): Promise<number> {
    const prompt = [tokenizer.beginToken, ...tokenizer.encode(SAMPLE_TEXT.prompt)];
    const sample = [prompt, [...tokenizer.encode(SAMPLE_TEXT.response), tokenizer.endToken]];
    const samples = Array.from({ length: TRAINING.batch * TRAINING_STEPS }, () => sample);
    return this.#ask({ lora: { samples, modules: TARGET_MODULES, ...TRAINING } });
  }

  close(): void {
    this.#child.stdin?.end();
  }

  async #ask(request: unknown): Promise<number> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true)
      throw new Error("engine_reference.py ended. Fix: see its error above, or set AGORA_PYTHON.");
    return JSON.parse(value).perSecond;
  }
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const medians = ({ decode, lora }: Figures): { decode: Record<string, number>; lora: number } => {
  const entries = Object.entries(decode).map(([batch, values]) => [batch, rounded(median(values))]);
  return { decode: Object.fromEntries(entries), lora: rounded(median(lora)) };
};

const report = (folder: string, ours: Figures, theirs: Figures): void => {
  const [engine, reference] = [medians(ours), medians(theirs)];
  const ratios = BATCHES.map((batch) => [
    batch,
    rounded((engine.decode[batch] ?? 0) / (reference.decode[batch] ?? 0)),
  ]);
  const { hidden_size, num_hidden_layers } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  printNote(
    `hidden ${hidden_size}, ${num_hidden_layers} layers; one thread each; medians, tokens per second`,
  );
  printResult("engine", {
    threads: 1,
    ...engine,
    reference,
    ratio: { decode: Object.fromEntries(ratios), lora: rounded(engine.lora / reference.lora) },
  });
};

await main();
