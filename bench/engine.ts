/**
 * Compares the pocket engine with `transformers` and `peft` in decoding and LoRA training, on the same checkpoint and
 * machine, with one thread each, in alternation.
 *
 * Figures are medians over the repetitions, in tokens per second. Decoding: greedy, prompts of 40 tokens, 48 new
 * tokens each, prefill included, end token disabled, every prompt different. LoRA: rank 16 on all linear layers,
 * dropout 0.05, in two shapes: `equal`, 32 samples of 61 tokens per step, and `mixed`, the lengths of a run's samples,
 * 16 per step, which `peft` pads to the longest; padding does not count as tokens. LoRA is measured in seconds of
 * processor time of all threads, which other work on the machine disturbs less. The first step (compilation) is excluded
 * and printed as a note.
 * `--checkpoint pocket/checkpoints/<name> --repetitions 5`; without a checkpoint, a random one of the smallest shape.
 * `--parts equal` measures some parts only: `decode`, `equal`, `mixed`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { TARGET_MODULES } from "../pocket/engine/checkpoint.ts";
import { LocalEngine } from "../pocket/engine/local-engine.ts";
import type { TrainingJob, TrainingSample } from "../pocket/engine/port.ts";
import { writeRandomCheckpoint } from "../pocket/engine/random-checkpoint.ts";
import { train } from "../pocket/engine/training/train.ts";
import { printNote, printResult, rounded } from "./result.ts";

const BATCHES = [1, 16, 64] as const;
const PROMPT_TOKENS = 40;
const NEW_TOKENS = 48;
const TRAINING = { rank: 16, alpha: 32, dropout: 0.05, rate: 1e-3 } as const;
const TRAINING_STEPS = 16;
/** Tokens of prompt and response of one step's samples, with the begin and the end token. */
const SHAPES: Readonly<Record<"equal" | "mixed", readonly (readonly [number, number])[]>> = {
  equal: Array.from({ length: 32 }, () => [40, 21] as const),
  /** Every thirteenth sample of a default run's first job, by length. */
  mixed: [
    [7, 15],
    [7, 15],
    [14, 15],
    [14, 15],
    [14, 15],
    [14, 15],
    [17, 21],
    [17, 21],
    [17, 21],
    [20, 27],
    [46, 8],
    [117, 15],
    [124, 15],
    [125, 21],
    [133, 15],
    [130, 27],
  ],
};
type Shape = keyof typeof SHAPES;
const SHAPE_NAMES = Object.keys(SHAPES) as Shape[];

type Figures = { readonly decode: Record<string, number[]>; readonly lora: Record<Shape, number[]> };

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      checkpoint: { type: "string" },
      repetitions: { type: "string", default: "5" },
      parts: { type: "string", default: "decode,equal,mixed" },
    },
  });
  const work = mkdtempSync(join(tmpdir(), "agora-bench-"));
  try {
    const parts = values.parts.split(",");
    await run(prepareCheckpoint(work, values.checkpoint), work, Number(values.repetitions), parts);
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

const run = async (
  folder: string,
  work: string,
  repetitions: number,
  parts: readonly string[],
): Promise<void> => {
  const batches = parts.includes("decode") ? BATCHES : [];
  const shapes = SHAPE_NAMES.filter((shape) => parts.includes(shape));
  const engine = new LocalEngine(folder);
  const reference = new Reference(folder);
  const [ours, theirs] = [noFigures(), noFigures()];
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const batch of batches) {
      const prompts = promptsOf(engine, batch, repetition);
      const figures = [await decode(engine, batch, repetition), await reference.decode(prompts)] as const;
      if (repetition >= 0) keep(ours.decode[batch], theirs.decode[batch], figures);
    }
    for (const shape of shapes) {
      const figures = [await lora(folder, work, shape), await reference.lora(engine, shape)] as const;
      if (repetition >= 0) keep(ours.lora[shape], theirs.lora[shape], figures);
    }
    printNote(`repetition ${repetition + 1} of ${repetitions}${repetition < 0 ? " (warm-up)" : ""}`);
  }
  reference.close();
  report(folder, ours, theirs);
};

const noFigures = (): Figures => ({ decode: { 1: [], 16: [], 64: [] }, lora: { equal: [], mixed: [] } });

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

/** The samples of all steps: digits, which are one token each. */
const samplesOf = (shape: Shape): TrainingSample[] => {
  const digits = (length: number, first: number): string =>
    Array.from({ length }, (_, index) => (first + 7 * index) % 10).join("");
  return Array.from({ length: TRAINING_STEPS }, (_, step) =>
    SHAPES[shape].map(([prompt, response], index) => ({
      prompt: digits(prompt - 1, step + index),
      response: digits(response - 1, step + 3 * index),
    })),
  ).flat();
};

/** Tokens per second of processor time after the first step. */
const lora = async (folder: string, work: string, shape: Shape): Promise<number> => {
  const { rank, alpha, dropout, rate } = TRAINING;
  const job: TrainingJob = {
    ...{ rank, alpha, dropout, learningRate: rate, epochs: 1, seed: 1 },
    base: folder,
    samples: samplesOf(shape),
    batchSize: SHAPES[shape].length,
    targetModules: TARGET_MODULES,
    output: join(work, "adapter"),
  };
  const start = process.cpuUsage();
  let warm = start;
  const result = await train(job, {
    onProgress: ({ step }) => {
      if (step > 1) return;
      warm = process.cpuUsage();
      printNote(`our first LoRA step, compilation included: ${rounded(secondsBetween(start, warm))} s`);
    },
  });
  const seconds = secondsBetween(warm, process.cpuUsage());
  return (result.tokens * (TRAINING_STEPS - 1)) / TRAINING_STEPS / seconds;
};

/** Processor time of all threads. */
const secondsBetween = (start: NodeJS.CpuUsage, end: NodeJS.CpuUsage): number =>
  (end.user + end.system - start.user - start.system) / 1e6;

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

  lora({ tokenizer }: LocalEngine, shape: Shape): Promise<number> {
    const samples = samplesOf(shape).map(({ prompt, response }) => [
      [tokenizer.beginToken, ...tokenizer.encode(prompt)],
      [...tokenizer.encode(response), tokenizer.endToken],
    ]);
    return this.#ask({
      lora: { samples, modules: TARGET_MODULES, batch: SHAPES[shape].length, ...TRAINING },
    });
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

/** Of the parts that were measured. */
const medians = (figures: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, values]) =>
      values.length === 0 ? [] : [[name, rounded(median(values))]],
    ),
  );

/** Medians of both sides, and our median divided by theirs. */
const compare = (
  ours: Readonly<Record<string, readonly number[]>>,
  theirs: Readonly<Record<string, readonly number[]>>,
): Record<"ours" | "reference" | "ratio", Record<string, number>> => {
  const [engine, reference] = [medians(ours), medians(theirs)];
  const ratio = Object.entries(engine).map(([name, value]) => [
    name,
    rounded(value / (reference[name] ?? Number.NaN)),
  ]);
  return { ours: engine, reference, ratio: Object.fromEntries(ratio) };
};

const report = (folder: string, ours: Figures, theirs: Figures): void => {
  const { hidden_size, num_hidden_layers } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  printNote(
    `hidden ${hidden_size}, ${num_hidden_layers} layers; one thread each; medians, tokens per second`,
  );
  const decoding = compare(ours.decode, theirs.decode);
  printResult("engine", { threads: 1, decode: decoding, lora: compare(ours.lora, theirs.lora) });
};

await main();
