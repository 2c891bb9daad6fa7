/** The PEFT backend with its real worker, while workers are killed: no job is trained twice and no step is lost. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TrainingBackend, TrainingOrder } from "../runtime/training.ts";
import { type PeftOptions, peftTraining } from "./peft.ts";
import { PYTHON_TIMEOUT, pythonLack, warmPython } from "./python.fixture.ts";

const python = await warmPython();
const never = new AbortController().signal;
const base = join(import.meta.dirname, "../pocket/checkpoints/wren");
const samples = Array.from({ length: 12 }, (_, index) => ({
  prompt: `${index % 10}+${(index * 7) % 10}?`,
  response: `ans ${(index + 3) % 10}`,
}));

describe.skipIf(pythonLack !== undefined)("training in Python", { timeout: PYTHON_TIMEOUT }, () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-peft-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const orderOf = (output: string): TrainingOrder => ({
    ...{ job: output, model: "ant", previous: undefined, samples, rank: 4, alpha: 8, dropout: 0.1 },
    ...{ targets: ["q_proj"], learningRate: 0.01, epochs: 3, batchSize: 6, seed: 2, slot: 0 },
    output: join(folder, output),
  });
  const backendOf = (more: Partial<PeftOptions> = {}): TrainingBackend =>
    peftTraining({
      models: new Map([["ant", { base }]]),
      ...{ python, devices: [], precision: "float32", gradientCheckpointing: false, microBatch: 4 },
      ...{ maxTokens: 256, checkpointEvery: 2, silenceSeconds: 240, graceSeconds: 60 },
      ...more,
    });
  const weightsOf = (output: string): Buffer =>
    readFileSync(join(folder, output, "adapter_model.safetensors"));
  const heardBy = async (backend: TrainingBackend, output: string): Promise<number[]> => {
    const steps: number[] = [];
    await backend.train(orderOf(output), never, ({ step }) => void steps.push(step));
    return steps;
  };

  test("a killed worker is a transient failure; the next one continues and ends with the same weights", async () => {
    expect(await heardBy(backendOf(), "whole")).toEqual([1, 2, 3, 4, 5, 6]);
    const killed = backendOf({ program: [join(import.meta.dirname, "tests/killed.py"), "4"] });
    await expect(heardBy(killed, "killed")).rejects.toMatchObject({
      ...{ code: "worker-ended", permanent: false, message: expect.stringContaining("killed by SIGKILL") },
    });
    expect(existsSync(join(folder, "killed"))).toBe(false);
    expect(await heardBy(backendOf(), "killed")).toEqual([3, 4, 5, 6]);
    expect(weightsOf("killed").equals(weightsOf("whole"))).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(["killed", "whole"]);
  });

  test("a second worker of the same job uses the first one's adapter", async () => {
    const second = backendOf();
    let taken: Promise<number[]> | undefined;
    const steps: number[] = [];
    await backendOf().train(orderOf("twice"), never, ({ step }) => {
      steps.push(step);
      taken ??= heardBy(second, "twice");
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await taken).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.includes("twice"))).toEqual(["twice"]);
  });

  test("a job that cannot be trained fails permanently with the worker's problem and fix", async () => {
    const absent = backendOf({ models: new Map([["ant", { base: join(folder, "nowhere") }]]) });
    await expect(heardBy(absent, "refused")).rejects.toMatchObject({
      ...{ code: "base-missing", permanent: true, message: expect.stringContaining("Fix: give the folder") },
    });
  });
});
