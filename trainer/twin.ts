/** A deterministic implementation of the training port without a model, for tests of its users. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type TrainedAdapter,
  type TrainingBackend,
  TrainingError,
  type TrainingOrder,
  type TrainingStep,
} from "../runtime/training.ts";
import { isFinished } from "./finished.ts";

export class TwinTraining implements TrainingBackend {
  /** The trained jobs in order, without those that were already finished. */
  readonly jobs: string[] = [];
  readonly #models: ReadonlySet<string> | undefined;

  readonly #stepSeconds: number;

  /** `models`: names of the models it can train. Default: all. `stepSeconds`: time of an optimiser step [s]. */
  constructor(models?: readonly string[], stepSeconds = 0) {
    this.#models = models === undefined ? undefined : new Set(models);
    this.#stepSeconds = stepSeconds;
  }

  readonly train: TrainingBackend["train"] = async (order, signal, onStep): Promise<TrainedAdapter> => {
    signal.throwIfAborted();
    this.#check(order);
    if (isFinished(order.output)) return { folder: order.output, loss: undefined };
    this.jobs.push(order.job);
    const steps = stepsOf(order);
    for (const step of steps) {
      await sleep(this.#stepSeconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
      onStep(step);
    }
    write(order);
    return { folder: order.output, loss: steps.at(-1)?.loss };
  };

  #check({ model, samples, previous }: TrainingOrder): void {
    if (this.#models?.has(model) === false)
      throw refusal("base-unknown", `the base of ${model} is not configured`);
    if (samples.length === 0) throw refusal("samples-empty", "the job has no samples");
    if (previous !== undefined && !isFinished(previous))
      throw refusal("adapter-unreadable", `there is no adapter in ${previous}`);
  }
}

const refusal = (code: string, message: string): TrainingError =>
  new TrainingError(code, message, { permanent: true });

/** The loss falls by a tenth per step, and starts lower if the job continues from an adapter. */
const stepsOf = ({ samples, epochs, batchSize, previous }: TrainingOrder): TrainingStep[] => {
  const steps = epochs * Math.ceil(samples.length / batchSize);
  const start = previous === undefined ? 1 : 0.5;
  return Array.from({ length: steps }, (_, index) => ({
    ...{ step: index + 1, steps },
    ...{ loss: start * 0.9 ** index, gradientNorm: 0.9 ** index },
  }));
};

/** Writes as weights a digest of the settings that determine them. */
const write = (order: TrainingOrder): void => {
  const { output, job: _job, slot: _slot, previous, ...decisive } = order;
  const partial = join(dirname(output), `.${basename(output)}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const weights = createHash("sha256").update(JSON.stringify({ ...decisive, fresh: previous === undefined }));
  writeFileSync(join(partial, "adapter_config.json"), "{}");
  writeFileSync(join(partial, "adapter_model.safetensors"), weights.digest());
  if (existsSync(output)) rmSync(output, { recursive: true });
  renameSync(partial, output);
};
