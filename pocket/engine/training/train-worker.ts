/** Worker thread of one training job. */
import { parentPort, workerData } from "node:worker_threads";
import { type Failure, toFailure } from "../engine-messages.ts";
import type { TrainingJob, TrainingProgress, TrainingResult } from "../port.ts";
import { train } from "./train.ts";

export type TrainAnswer =
  | { readonly kind: "progress"; readonly progress: TrainingProgress }
  | { readonly kind: "done"; readonly result: TrainingResult }
  | { readonly kind: "failed"; readonly failure: Failure };

const answer = (message: TrainAnswer): void => {
  parentPort?.postMessage(message);
};

train(workerData as TrainingJob, { onProgress: (progress) => answer({ kind: "progress", progress }) }).then(
  (result) => answer({ kind: "done", result }),
  (cause) => answer({ kind: "failed", failure: toFailure(cause) }),
);
