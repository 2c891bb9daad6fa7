/** The embedded backend: LoRA on pocket models, each job in a worker thread of its own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { trainInWorker } from "../pocket/engine/index.ts";
import type { TrainedAdapter, TrainingBackend } from "../runtime/training.ts";

/** A job's model has no checkpoint here. */
export class TrainingError extends Error {
  readonly code = "AGORA_TRAINING";
}

/** An adapter folder is written whole or not at all: where it stands, its job was done in an earlier life. */
const isFinished = (folder: string): boolean => existsSync(join(folder, "adapter_model.safetensors"));

/** `checkpoints`: folder of the base checkpoint by agent name. */
export const pocketTraining = (checkpoints: ReadonlyMap<string, string>): TrainingBackend => ({
  train: async (order, signal, onStep): Promise<TrainedAdapter> => {
    const base = checkpoints.get(order.model);
    if (base === undefined) {
      throw new TrainingError(
        `${order.model} is served by an endpoint that cannot be trained here; switch lora off or use a pocket model`,
      );
    }
    if (isFinished(order.output)) return { folder: order.output, loss: undefined };
    const { previous, targets, job: _job, model: _model, slot: _slot, ...settings } = order;
    const job = {
      ...settings,
      base,
      targetModules: targets,
      ...(previous === undefined ? {} : { previousAdapter: previous }),
    };
    const { adapter, lastLoss } = await trainInWorker(job, {
      signal,
      onProgress: ({ step, steps, loss }) => onStep({ step, steps, loss }),
    });
    return { folder: adapter, loss: lastLoss };
  },
});
