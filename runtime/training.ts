/**
 * The training port: turns samples into an adapter folder. Backends live in trainer/; all of them pass
 * trainer/training.conformance.ts.
 */
import { AgoraError, type AgoraErrorOptions } from "./agora-error.ts";

export interface TrainingSample {
  /** The system message; undefined if the model is asked without one. */
  readonly system?: string | undefined;
  /** The user message, as the model sees it in play. */
  readonly prompt: string;
  readonly response: string;
}

export interface TrainingOrder {
  /** Name of the job; a job always has the same output folder. */
  readonly job: string;
  readonly model: string;
  /** Folder of the adapter to continue from; undefined: train a new adapter on the base model. */
  readonly previous: string | undefined;
  readonly samples: readonly TrainingSample[];
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[];
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Folder of the result. It appears only when the adapter is complete: an existing folder is a finished job. */
  readonly output: string;
  /** Training slot (GPU or worker) the job runs on. */
  readonly slot: number;
}

export interface TrainingStep {
  readonly step: number;
  readonly steps: number;
  /** Mean cross-entropy per response token [nats]. */
  readonly loss: number;
  /** Norm over the adapter's matrices, before clipping. */
  readonly gradientNorm: number;
}

export interface TrainedAdapter {
  readonly folder: string;
  /** Loss of the last steps [nats]; undefined if the adapter was already finished. */
  readonly loss: number | undefined;
}

export interface TrainingBackend {
  /** Number of jobs it can train at once, one per GPU; undefined if unknown. */
  readonly slots?: number | undefined;
  /**
   * Rejects with the signal's reason once aborted. A finished output folder is not trained again. An interrupted job
   * continues from its checkpoint or starts again. @throws TrainingError
   */
  train(
    order: TrainingOrder,
    signal: AbortSignal,
    onStep: (step: TrainingStep) => void,
  ): Promise<TrainedAdapter>;
  /** Nobody wants the job's adapter any more. Where aborting ends a job, there is nothing to cancel. */
  cancel?(job: string, cause: string): Promise<void>;
}

/** A job that ended without an adapter. */
export class TrainingError extends AgoraError {
  /** A retry with the same order on the same machine fails again. */
  readonly permanent: boolean;

  constructor(code: string, problem: string, options: AgoraErrorOptions & { readonly permanent: boolean }) {
    super(code, problem, options);
    this.permanent = options.permanent;
  }
}
