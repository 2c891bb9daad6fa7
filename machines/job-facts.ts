/** The context of a LoRA job, and its rules: whether to try again, how long to wait, how to judge a reading. */
import type { Message, MessageOf } from "../runtime/messages.ts";
import type { TrainingExample } from "./folds/example.ts";
import { gateRefusal, type Standard } from "./folds/gate.ts";
import type { Settings } from "./settings.ts";

export interface JobInput {
  readonly settings: Settings;
  readonly requested: MessageOf<"training.requested">;
  readonly examples: readonly TrainingExample[];
  readonly round: number;
  /** Version in force as the job starts. Default: that of its request. */
  readonly inForce?: number;
  /** Differs after every restart, so that readings are requested again then. */
  readonly epoch: number;
  /** The operator who does not want the adapter; undefined if nobody has said so. */
  readonly refusedBy?: string | undefined;
}

export interface Lease {
  readonly slot: number;
  /** Whether servers on the slot's GPU have to sleep while it trains. Default: false. */
  readonly shared?: boolean;
}

/** A slot whose GPU changes between serving and training. */
export interface Turn {
  readonly job: string;
  readonly slot: number;
}

export interface Candidate {
  readonly model: string;
  readonly version: number;
}

export interface Trained {
  readonly folder: string;
  readonly loss: number | undefined;
}

export interface JobContext extends JobInput {
  readonly attempt: number;
  /** Slot of the newest lease; undefined before the first. */
  readonly slot: number | undefined;
  readonly shared: boolean;
  readonly trained: Trained | undefined;
  /** The candidate is compared with this version. */
  readonly inForce: number;
  /** Number of the gate's readings that failed. */
  readonly missed: number;
  /** Number of the newest reading: one that failed, or of weights that were withdrawn, is requested anew. */
  readonly reading: number;
  /** Accuracies of the weights in use and of the candidate on the same problems; undefined without the gate. */
  readonly before: Standard | undefined;
  readonly after: Standard | undefined;
  readonly cause: string;
  /** Another attempt would fail again. */
  readonly permanent: boolean;
}

/** States that need a slot are entered only with a lease. */
export const slotOf = ({ slot }: JobContext): number => slot ?? 0;

export const canRetry = ({ attempt, settings, permanent }: JobContext): boolean =>
  !permanent && attempt + 1 < settings.jobAttempts;

export const canAskAgain = ({ missed, settings }: JobContext): boolean => missed + 1 < settings.jobAttempts;

/** Whether another attempt would fail again: `permanent` of a TrainingError (runtime/training.ts). */
export const isPermanent = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "permanent" in error && error.permanent === true;

/** Pause before the first retry; doubled for each later one [s]. */
export const backoffOf = ({ settings }: JobContext, failures: number): number =>
  settings.jobBackoffSeconds * 2 ** Math.max(0, failures - 1);

/** How long a reading (anchor.ts), or training without a step, may take [s]. */
export const patienceOf = ({ settings }: JobContext): number => settings.phaseTimeoutSeconds * 6;

export const requestOf = ({ requested, epoch, reading }: JobContext): string =>
  `gate:${requested.job}:${epoch}.${reading}`;

/** The version that a job's candidate would replace when it was requested. */
export const replacedBy = ({ previous, against = previous }: MessageOf<"training.requested">): number =>
  against;

export const isReading = (context: JobContext, event: Message): boolean =>
  (event.type === "anchor.measured" || event.type === "anchor.missed") &&
  event.request === requestOf(context);

/** Whether an operator refuses the job's adapter. */
export const isOrder = ({ requested }: JobContext, event: Message): boolean =>
  event.type === "operator.rejected" && event.model === requested.model;

/** Why the gate has no reading. */
export const gapOf = (event: Message): string => {
  if (event.type === "anchor.missed") return event.cause;
  return event.type === "anchor.measured" ? "no reading of the weights in force" : "no reply in time";
};

export const refusalOf = ({ settings }: JobContext, event: Message): string | undefined =>
  event.type === "anchor.measured" && event.against ? gateRefusal(event.against, event, settings) : undefined;
