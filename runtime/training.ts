/**
 * The training port: turns samples into an adapter folder. Backends live in trainer/; all of them pass
 * trainer/training-conformance.ts.
 */

export interface TrainingExamples {
  /** The system's message, where the model is asked with one. */
  readonly system?: string | undefined;
  /** The user's message as the model was, or will be, asked it. */
  readonly prompt: string;
  readonly response: string;
}

export interface TrainingOrder {
  /** Name of the job; the same job always has the same output folder. */
  readonly job: string;
  readonly model: string;
  /** Adapter folder to go on from; undefined starts a fresh one on the base model. */
  readonly previous: string | undefined;
  readonly samples: readonly TrainingExamples[];
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[];
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Receives the adapter whole or not at all; a folder that exists is a finished job. */
  readonly output: string;
  /** Slot (GPU or worker) the job runs on. */
  readonly slot: number;
}

export interface TrainingStep {
  readonly step: number;
  readonly steps: number;
  /** Mean cross-entropy per response token [nats]. */
  readonly loss: number;
  /** Over the adapter's matrices, before clipping. */
  readonly gradientNorm: number;
}

export interface TrainedAdapter {
  readonly folder: string;
  /** Loss of the last steps [nats]; unknown where the adapter was found finished. */
  readonly loss: number | undefined;
}

export interface TrainingBackend {
  /** Jobs it can train at once, where it knows: one per GPU. */
  readonly slots?: number | undefined;
  /**
   * Rejects with the signal's reason once aborted. A finished output folder is not trained again, and a job that was
   * stopped before goes on where it was, or begins anew. @throws TrainingError
   */
  train(
    order: TrainingOrder,
    signal: AbortSignal,
    onStep: (step: TrainingStep) => void,
  ): Promise<TrainedAdapter>;
}

/** A job that ended without an adapter. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  /** Stable; `training-…` where no backend gave its own. */
  readonly code: string;
  /** Trying again with the same order, on the same machine, cannot help. */
  readonly permanent: boolean;

  constructor(code: string, message: string, options: ErrorOptions & { readonly permanent: boolean }) {
    super(message, options);
    this.code = code;
    this.permanent = options.permanent;
  }
}
