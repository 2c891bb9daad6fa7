/** The tests that every implementation of the training port passes. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TrainingBackend, TrainingOrder, TrainingStep } from "../runtime/training.ts";

export interface TrainingHarness {
  readonly name: string;
  /** The reason why it cannot be tested here; undefined: it can. */
  readonly skip?: string | undefined;
  readonly backend: () => TrainingBackend;
  /** A model that the backend can train, with samples in its dialect and a suitable learning rate. */
  readonly order: Pick<TrainingOrder, "model" | "samples" | "learningRate" | "targets">;
  /** Time limit of one test [ms]. */
  readonly timeout: number;
}

const never = new AbortController().signal;

/** Trains and collects the steps. */
const trained = async (backend: TrainingBackend, order: TrainingOrder, signal = never) => {
  const steps: TrainingStep[] = [];
  const adapter = await backend.train(order, signal, (step) => void steps.push(step));
  return { adapter, steps };
};

const weightsOf = (folder: string): Buffer => readFileSync(join(folder, "adapter_model.safetensors"));

export const trainingConformance = (harness: TrainingHarness): void => {
  describe.skipIf(harness.skip !== undefined)(
    `training with ${harness.name}`,
    { timeout: harness.timeout },
    () => {
      const folder = mkdtempSync(join(tmpdir(), "agora-training-"));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      const backend = harness.backend();
      const order = (output: string, more: Partial<TrainingOrder> = {}): TrainingOrder => ({
        ...{ job: output, previous: undefined, rank: 4, alpha: 8, dropout: 0.05 },
        ...{ epochs: 3, batchSize: Math.ceil(harness.order.samples.length / 2), seed: 5, slot: 0 },
        ...harness.order,
        output: join(folder, output),
        ...more,
      });
      const leftBeside = (): string[] => readdirSync(folder).filter((name) => name.startsWith("."));

      test("trains, reports its steps and writes only the adapter; a finished job is not trained again", async () => {
        const first = await trained(backend, order("v1"));
        expect(first.steps.map(({ step, steps }) => [step, steps])).toEqual(
          [1, 2, 3, 4, 5, 6].map((step) => [step, 6]),
        );
        const losses = first.steps.map(({ loss }) => loss);
        expect(losses.every(Number.isFinite)).toBe(true);
        expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
        expect(first.steps.every(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
        expect(first.adapter).toEqual({ folder: join(folder, "v1"), loss: losses.at(-1) });
        expect(readdirSync(first.adapter.folder)).toEqual(
          expect.arrayContaining(["adapter_config.json", "adapter_model.safetensors"]),
        );
        expect(leftBeside()).toEqual([]);

        const weights = weightsOf(first.adapter.folder);
        const again = await trained(harness.backend(), order("v1", { seed: 6 }));
        expect(again).toEqual({ adapter: { folder: first.adapter.folder, loss: undefined }, steps: [] });
        expect(weightsOf(first.adapter.folder).equals(weights)).toBe(true);

        const onward = await trained(backend, order("v2", { previous: first.adapter.folder, seed: 7 }));
        expect(onward.steps[0]?.loss).toBeLessThan(losses[0] ?? 0);
        expect(weightsOf(onward.adapter.folder).equals(weights)).toBe(false);
      });

      test("an aborted job leaves no adapter; repeated, it ends with the weights of an uninterrupted one", async () => {
        const whole = await trained(backend, order("whole"));
        const controller = new AbortController();
        const aborted = order("aborted");
        const stopping = backend.train(aborted, controller.signal, ({ step }) => {
          if (step === 2) controller.abort(new Error("enough"));
        });
        await expect(stopping).rejects.toThrow("enough");
        expect(existsSync(aborted.output)).toBe(false);
        const { adapter } = await trained(harness.backend(), aborted);
        expect(weightsOf(adapter.folder).equals(weightsOf(whole.adapter.folder))).toBe(true);
        expect(leftBeside()).toEqual([]);
      });

      test("replaces the rest of an adapter without its weights", async () => {
        const rest = order("rest", { epochs: 1 });
        mkdirSync(rest.output);
        writeFileSync(join(rest.output, "adapter_config.json"), "{");
        writeFileSync(join(rest.output, "old.txt"), "");
        const { adapter } = await trained(backend, rest);
        expect(weightsOf(adapter.folder).length).toBeGreaterThan(0);
        expect(readdirSync(adapter.folder)).not.toContain("old.txt");
        expect(JSON.parse(readFileSync(join(adapter.folder, "adapter_config.json"), "utf8"))).toBeTypeOf(
          "object",
        );
        expect(leftBeside()).toEqual([]);
      });

      test("a job that is aborted before it begins does nothing", async () => {
        const early = order("early");
        await expect(trained(backend, early, AbortSignal.abort("too early"))).rejects.toBe("too early");
        expect(readdirSync(folder).filter((name) => name.includes("early"))).toEqual([]);
      });

      test.each<[string, Partial<TrainingOrder>]>([
        ["no samples", { samples: [] }],
        ["an unknown model", { model: "stranger" }],
        ["a missing previous adapter", { previous: join(folder, "nowhere") }],
      ])("refuses %s permanently, and writes nothing", async (_, more) => {
        const refused = order("refused", more);
        await expect(trained(backend, refused)).rejects.toMatchObject({
          ...{ name: "TrainingError", permanent: true },
          code: expect.stringMatching(/^[a-z-]+$/),
        });
        expect(existsSync(refused.output)).toBe(false);
      });

      test("trains two jobs in parallel, each in its slot", async () => {
        const jobs = [0, 1].map((slot) => order(`slot${slot}`, { slot, epochs: 1 }));
        const done = await Promise.all(jobs.map((job) => trained(backend, job)));
        expect(done.map(({ adapter }) => basename(adapter.folder))).toEqual(["slot0", "slot1"]);
        const [one, other] = done.map(({ adapter }) => weightsOf(adapter.folder));
        expect(other && one?.equals(other)).toBe(true);
      });
    },
  );
};
