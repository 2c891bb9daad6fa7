/** The embedded backend: LoRA on pocket models, each job in its own worker thread. */
import { EngineError, trainInWorker } from "../pocket/engine/index.ts";
import { type TrainedAdapter, type TrainingBackend, TrainingError } from "../runtime/training.ts";
import { isFinished } from "./finished.ts";

/** `checkpoints`: the folder of each agent's base checkpoint, by agent name. */
export const pocketTraining = (checkpoints: ReadonlyMap<string, string>): TrainingBackend => ({
  train: async (order, signal, onStep): Promise<TrainedAdapter> => {
    signal.throwIfAborted();
    const base = checkpoints.get(order.model);
    if (base === undefined) {
      const fix = "set lora to false, use a pocket model, or set trainer to peft";
      throw new TrainingError("base-unknown", `${order.model} has no pocket checkpoint`, {
        fix,
        permanent: true,
      });
    }
    if (isFinished(order.output)) return { folder: order.output, loss: undefined };
    const { previous, targets, samples, job: _job, model: _model, slot: _slot, ...settings } = order;
    const job = {
      ...settings,
      // The chat template of the pocket models concatenates the messages.
      samples: samples.map(({ system = "", prompt, response }) => ({ prompt: system + prompt, response })),
      base,
      targetModules: targets,
      ...(previous === undefined ? {} : { previousAdapter: previous }),
    };
    try {
      const { adapter, lastLoss } = await trainInWorker(job, { signal, onProgress: onStep });
      return { folder: adapter, loss: lastLoss };
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof EngineError ? refusal(cause) : cause;
    }
  },
});

/** Only a crash of the worker thread is transient: the engine refuses the same job again for every other cause. */
const refusal = (cause: EngineError): TrainingError =>
  new TrainingError(cause.code, cause.problem, {
    ...{ expected: cause.expected, fix: cause.fix, cause },
    permanent: cause.code !== "worker-crashed",
  });
