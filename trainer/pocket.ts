/** The embedded backend: LoRA on pocket models, each job in a worker thread of its own. */
import { EngineError, trainInWorker } from "../pocket/engine/index.ts";
import { type TrainedAdapter, type TrainingBackend, TrainingError } from "../runtime/training.ts";
import { isFinished } from "./finished.ts";

/** `checkpoints`: folder of the base checkpoint by agent name. */
export const pocketTraining = (checkpoints: ReadonlyMap<string, string>): TrainingBackend => ({
  train: async (order, signal, onStep): Promise<TrainedAdapter> => {
    signal.throwIfAborted();
    const base = checkpoints.get(order.model);
    if (base === undefined) {
      const problem = `${order.model} has no pocket checkpoint; switch lora off, use a pocket model or set trainer to peft`;
      throw new TrainingError("base-unknown", problem, { permanent: true });
    }
    if (isFinished(order.output)) return { folder: order.output, loss: undefined };
    const { previous, targets, samples, job: _job, model: _model, slot: _slot, ...settings } = order;
    const job = {
      ...settings,
      // The template of the pocket models puts messages one after the other.
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

/** A thread that died may live another time; whatever else the engine refuses it refuses again. */
const refusal = (cause: EngineError): TrainingError =>
  new TrainingError(cause.code, cause.message, { cause, permanent: cause.code !== "worker-crashed" });
