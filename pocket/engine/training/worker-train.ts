/** Training in a worker thread that ends with the job, so that the system gets its memory back. */
import { basename } from "node:path";
import { Worker } from "node:worker_threads";
import { fromFailure } from "../engine-messages.ts";
import { causeText, EngineError } from "../errors.ts";
import type { Train, TrainingResult } from "../port.ts";
import type { TrainAnswer } from "./train-worker.ts";

/** Limits in megabytes. Weights and activations are not included; they are in WebAssembly memory. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

/** Like `train`, in a new thread. An abort ends the thread immediately and writes no adapter. */
export const trainInWorker: Train = async (job, { signal, onProgress } = {}) => {
  signal?.throwIfAborted();
  const script = new URL("./train-worker.ts", import.meta.url);
  const worker = new Worker(script, { workerData: job, resourceLimits: RESOURCE_LIMITS, name: "train" });
  const { promise, resolve, reject } = Promise.withResolvers<TrainingResult>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", (answer: TrainAnswer) => {
    if (answer.kind === "progress") onProgress?.(answer.progress);
    else if (answer.kind === "done") resolve(answer.result);
    else reject(fromFailure(answer.failure));
  });
  worker.on("error", (cause) => reject(trainerCrashed(job.base, causeText(cause), cause)));
  worker.on("exit", (code) => reject(trainerCrashed(job.base, `it ended with exit code ${code}`)));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
};

const trainerCrashed = (base: string, reason: string, cause?: unknown): EngineError => {
  const problem = `The training thread of ${basename(base)} ended unexpectedly: ${reason}`;
  return new EngineError("worker-crashed", problem, { fix: "run the job again", cause });
};
