/** Compares the engine with `transformers` and `peft`, on the checkpoints in `checkpoints/` and two random ones. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonLack, warmPython } from "../trainer/python.fixture.ts";
import { mergeAdapter, readAdapter, writeAdapter } from "./engine/adapter.ts";
import { type Checkpoint, readCheckpoint, TARGET_MODULES } from "./engine/checkpoint.ts";
import { FloatMemory } from "./engine/kernels/float-memory.ts";
import { LocalEngine } from "./engine/local-engine.ts";
import { Network } from "./engine/network.ts";
import type { TrainingJob } from "./engine/port.ts";
import { LARGE_SHAPE, SMALL_SHAPE, writeRandomCheckpoint } from "./engine/random-checkpoint.ts";
import { firstStep, train } from "./engine/training/train.ts";

const LIMIT = 1e-4;
const LENGTHS = [3, 40, 150];

interface ReferenceCase {
  readonly name: string;
  readonly folder: string;
  readonly base: readonly Sequence[];
  readonly greedy: {
    readonly prompt: readonly number[];
    readonly maxTokens: number;
    readonly tokens: readonly number[];
  };
  readonly adapter: string;
  readonly adapted: readonly Sequence[];
  readonly step: {
    readonly samples: readonly (readonly number[])[][];
    readonly loss: number;
    readonly gradientNorm: number;
    /** Folder of an adapter whose matrices are the gradient. */
    readonly gradient: string;
  };
  readonly peft_adapter: string;
}

interface Sequence {
  readonly tokens: readonly number[];
  /** `[tokens, vocabulary]` */
  readonly logits: readonly (readonly number[])[];
}

/** Logits of every position, computed by the engine's forward pass. */
const logitsOf = (checkpoint: Checkpoint, tokens: readonly number[]): number[][] => {
  const count = tokens.length;
  const network = new Network(new FloatMemory(), checkpoint, 1, count);
  const positions = Int32Array.from(tokens, (_, position) => position);
  const groups = [{ weights: network.pack(checkpoint), start: 0, end: count }];
  const rows = { count, tokens: Int32Array.from(tokens), positions, slots: new Int32Array(count), groups };
  network.forward({ ...rows, wanted: [...positions] });
  return tokens.map((_, position) => [...network.logits(position)]);
};

const sequencesOf = (checkpoint: Checkpoint): Sequence[] => {
  const { vocabulary, beginToken } = checkpoint.shape;
  return LENGTHS.map((length) => {
    const rest = Array.from(
      { length: length - 1 },
      (_, index) => 3 + ((index * index * 7 + index * 5) % (vocabulary - 3)),
    );
    const tokens = [beginToken, ...rest];
    return { tokens, logits: logitsOf(checkpoint, tokens) };
  });
};

/** Samples of digits, because every pocket vocabulary has them. */
const jobFor = (folder: string, output: string): TrainingJob => {
  const samples = Array.from({ length: 16 }, (_, index) => ({
    prompt: `${index % 10}+${(index * 3) % 10}=`.repeat(1 + (index % 4)),
    response: `${(index * 4) % 10}`.repeat(1 + (index % 3)),
  }));
  const job = { rank: 8, alpha: 16, dropout: 0, learningRate: 0.005, epochs: 2, batchSize: 8, seed: 1 };
  return { ...job, base: folder, samples, targetModules: TARGET_MODULES, output };
};

const caseFor = async (folder: string, work: string): Promise<ReferenceCase> => {
  const name = basename(folder);
  const checkpoint = readCheckpoint(folder);
  const engine = new LocalEngine(folder);
  const prompt = [checkpoint.shape.beginToken, ...engine.tokenizer.encode("7*8-3=")];
  const settings = { temperature: 0, topP: 1, seed: 0, stop: [] };
  const { tokens } = await engine.generate({ ...settings, prompt, maxTokens: 60 });
  const job = jobFor(folder, join(work, `${name}-adapter`));
  const { adapter } = await train(job);
  const { gradient, ...step } = await firstStep({
    ...job,
    previousAdapter: adapter,
    batchSize: job.samples.length,
  });
  const gradientFolder = join(work, `${name}-gradient`);
  writeAdapter(gradientFolder, gradient, checkpoint);
  const encoded = job.samples.map((sample) => [
    [engine.tokenizer.beginToken, ...engine.tokenizer.encode(sample.prompt)],
    [...engine.tokenizer.encode(sample.response), engine.tokenizer.endToken],
  ]);
  return {
    name,
    folder,
    base: sequencesOf(checkpoint),
    greedy: { prompt, maxTokens: 60, tokens },
    adapter,
    adapted: sequencesOf(mergeAdapter(checkpoint, readAdapter(adapter, checkpoint.shape))),
    step: { samples: encoded, ...step, gradient: gradientFolder },
    peft_adapter: join(work, `${name}-peft`),
  };
};

const difference = (
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number => {
  const logits = found.flat();
  const gaps = expected.flat().map((logit, index) => Math.abs(logit - (logits[index] ?? Number.NaN)));
  return gaps.reduce((largest, gap) => Math.max(largest, gap), 0);
};

describe.skipIf(pythonLack !== undefined)("the engine compared with transformers and peft", () => {
  const work = mkdtempSync(join(tmpdir(), "agora-reference-"));
  const cases: ReferenceCase[] = [];
  beforeAll(async () => {
    writeRandomCheckpoint(join(work, "random-small"), SMALL_SHAPE);
    writeRandomCheckpoint(join(work, "random-large"), LARGE_SHAPE);
    const shipped = join(import.meta.dirname, "checkpoints");
    const names = existsSync(shipped) ? readdirSync(shipped) : [];
    const folders = names
      .map((name) => join(shipped, name))
      .filter((path) => existsSync(join(path, "config.json")));
    for (const folder of [...folders, join(work, "random-small"), join(work, "random-large")]) {
      cases.push(await caseFor(folder, work));
    }
  }, 180_000);
  afterAll(() => rmSync(work, { recursive: true }));

  test("agrees on logits, greedy tokens, adapters in both directions and the training gradient", {
    timeout: 180_000,
  }, async () => {
    const path = join(work, "cases.json");
    writeFileSync(path, JSON.stringify(cases));
    const script = join(import.meta.dirname, "reference_test.py");
    const { status, stdout, stderr } = spawnSync(await warmPython(), [script, path], { encoding: "utf8" });
    expect(status, stderr.trim().split("\n").at(-1)).toBe(0);
    console.log(stdout.trim());
    const answers: Record<string, number[][][]> = JSON.parse(
      readFileSync(join(work, "answers.json"), "utf8"),
    );
    for (const { name, folder, peft_adapter } of cases) {
      const checkpoint = readCheckpoint(folder);
      const adapted = sequencesOf(mergeAdapter(checkpoint, readAdapter(peft_adapter, checkpoint.shape)));
      for (const [index, { logits }] of adapted.entries()) {
        expect(difference(logits, answers[name]?.[index] ?? []), name).toBeLessThan(LIMIT);
      }
    }
  });
});
