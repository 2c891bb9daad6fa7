import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { LocalEngine } from "../local-engine.ts";
import type { TrainingJob, TrainingProgress } from "../port.ts";
import { SMALL_SHAPE, writeRandomCheckpoint } from "../random-checkpoint.ts";
import { clipNorm, scheduledRate } from "./optimiser.ts";
import { type EncodedSample, stepsOf } from "./samples.ts";
import { firstStep, train } from "./train.ts";
import { trainInWorker } from "./worker-train.ts";

const folder = mkdtempSync(join(tmpdir(), "agora-train-"));
const base = join(folder, "tiny");
writeRandomCheckpoint(base, {
  ...SMALL_SHAPE,
  hidden: 16,
  intermediate: 16,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headDimension: 8,
});
afterAll(() => rmSync(folder, { recursive: true }));

const samples = Array.from({ length: 24 }, (_, index) => ({
  prompt: `Q: ${index % 10}+1=? A: `,
  response: `${(index + 1) % 10}; yes`,
}));
const jobTo = (output: string, changes: Partial<TrainingJob> = {}): TrainingJob => ({
  base,
  samples,
  rank: 4,
  alpha: 8,
  dropout: 0.05,
  targetModules: ["q_proj", "v_proj", "o_proj", "down_proj", "up_proj"],
  learningRate: 0.02,
  epochs: 4,
  batchSize: 8,
  seed: 3,
  output: join(folder, output),
  ...changes,
});
const weightsOf = (adapter: string): Buffer => readFileSync(join(adapter, "adapter_model.safetensors"));

describe("training", () => {
  test("lowers the loss, writes a PEFT folder that the engine loads, and is deterministic by its seed", async () => {
    const seen: TrainingProgress[] = [];
    const result = await train(jobTo("first"), { onProgress: (progress) => seen.push(progress) });
    expect(result.steps).toBe(12);
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(seen[0]).toMatchObject({ steps: 12, loss: result.firstLoss });
    expect(result.lastLoss).toBeLessThan(result.firstLoss * 0.8);
    const config = JSON.parse(readFileSync(join(result.adapter, "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ peft_type: "LORA", r: 4, lora_alpha: 8, base_model_name_or_path: "tiny" });
    const again = await train(jobTo("again"));
    expect(weightsOf(again.adapter).equals(weightsOf(result.adapter))).toBe(true);
    const other = await train(jobTo("other", { seed: 4 }));
    expect(weightsOf(other.adapter).equals(weightsOf(result.adapter))).toBe(false);
    const engine = new LocalEngine(base);
    await engine.loadAdapter("tiny@v1", result.adapter);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  test("continues from a previous adapter", async () => {
    const first = await train(jobTo("v1", { dropout: 0 }));
    const fresh = await firstStep(jobTo("none", { dropout: 0 }));
    const onward = await firstStep(jobTo("none", { dropout: 0, previousAdapter: first.adapter }));
    expect(fresh.loss).toBeCloseTo(first.firstLoss, 5);
    expect(onward.loss).toBeLessThan(fresh.loss * 0.9);
    const other = train(jobTo("v2", { previousAdapter: first.adapter, rank: 8 }));
    await expect(other).rejects.toMatchObject({ code: "adapter-mismatch" });
  });

  test("gives the same loss as scoring the same texts", async () => {
    const engine = new LocalEngine(base);
    const { tokenizer } = engine;
    let total = 0;
    let count = 0;
    for (const { prompt, response } of samples) {
      const head = [tokenizer.beginToken, ...tokenizer.encode(prompt)];
      const whole = [...head, ...tokenizer.encode(response), tokenizer.endToken];
      const request = {
        prompt: whole,
        maxTokens: 0,
        temperature: 0,
        topP: 1,
        seed: 0,
        stop: [],
        scorePrompt: true,
      };
      const { promptLogprobs = [] } = await engine.generate(request);
      for (const entry of promptLogprobs.slice(head.length)) total -= entry?.logprob ?? Number.NaN;
      count += whole.length - head.length;
    }
    const { loss, gradientNorm } = await firstStep(jobTo("none", { dropout: 0, batchSize: samples.length }));
    expect(loss).toBeCloseTo(total / count, 4);
    expect(gradientNorm).toBeGreaterThan(0);
  });

  const failures: [string, string, Partial<TrainingJob>][] = [
    ["no samples", "samples-empty", { samples: [] }],
    [
      "a sample longer than the context",
      "sample-too-long",
      { samples: [{ prompt: "1".repeat(300), response: "2" }] },
    ],
    ["an unknown target module", "job-invalid", { targetModules: ["lm_head"] }],
    ["a rank of 0", "job-invalid", { rank: 0 }],
    ["a loss that is not finite", "loss-not-finite", { learningRate: 1e30 }],
  ];
  test.each(failures)("rejects %s and writes nothing", async (_, code, changes) => {
    const job = jobTo(`refused-${code}`, changes);
    await expect(train(job)).rejects.toMatchObject({ code });
    expect(existsSync(job.output)).toBe(false);
  });

  test("stops between steps when aborted", async () => {
    const controller = new AbortController();
    const job = jobTo("aborted", { epochs: 1000 });
    const onProgress = (): void => controller.abort(new Error("the run ended"));
    await expect(train(job, { signal: controller.signal, onProgress })).rejects.toThrow("the run ended");
    expect(existsSync(job.output)).toBe(false);
  });
});

describe("training in a worker", () => {
  test("gives the same adapter as training in this thread", async () => {
    const steps: number[] = [];
    const here = await train(jobTo("here"));
    const there = await trainInWorker(jobTo("there"), { onProgress: ({ step }) => steps.push(step) });
    expect(weightsOf(there.adapter).equals(weightsOf(here.adapter))).toBe(true);
    expect(steps).toHaveLength(there.steps);
  });

  test("ends its thread on abort and reports typed errors", async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error("the run ended"));
    const options = { signal: controller.signal, onProgress };
    await expect(trainInWorker(jobTo("cut", { epochs: 1000 }), options)).rejects.toThrow("the run ended");
    await expect(trainInWorker(jobTo("bad", { samples: [] }))).rejects.toMatchObject({
      code: "samples-empty",
    });
    expect(existsSync(join(folder, "cut"))).toBe(false);
  });
});

describe("the steps of a job", () => {
  const sampleOf = (length: number): EncodedSample => ({
    tokens: Array.from({ length }, (_, index) => index),
    responseStart: Math.floor(length / 2),
  });

  test("contain every sample once per epoch, in batches of at most 1024 tokens", () => {
    const encoded = Array.from({ length: 100 }, (_, index) => sampleOf(10 + ((index * 37) % 90)));
    const steps = stepsOf(encoded, { epochs: 2, batchSize: 32, seed: 1 });
    expect(steps).toHaveLength(8);
    const seen = steps.slice(0, 4).flatMap(({ batches }) => batches.flat());
    expect(seen).toHaveLength(100);
    expect(new Set(seen)).toEqual(new Set(encoded));
    for (const { batches, tokens } of steps) {
      const sizes = batches.map((batch) => batch.reduce((sum, sample) => sum + sample.tokens.length, 0));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(tokens);
    }
  });
});

describe("the optimiser", () => {
  test("warms up over 3 % of the steps and then decays linearly to 0", () => {
    const settings = { learningRate: 1, steps: 100 };
    const rates = Array.from({ length: 100 }, (_, step) => scheduledRate(settings, step));
    expect(rates.slice(0, 4)).toEqual([1 / 3, 2 / 3, 1, 1]);
    expect(rates[99]).toBeCloseTo(1 / 97);
    expect(scheduledRate({ learningRate: 1, steps: 1 }, 0)).toBe(1);
  });

  test("clips the joint norm of all matrices", () => {
    const gradients = [Float32Array.of(3), Float32Array.of(4)];
    expect(clipNorm(gradients, 1)).toBe(5);
    expect(gradients.map(([slope = 0]) => Number(slope.toFixed(4)))).toEqual([0.6, 0.8]);
    expect(clipNorm(gradients, 10)).toBeCloseTo(1);
  });
});
