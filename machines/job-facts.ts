/** What a LoRA job knows, and what follows from it: whether to try again, how long to wait, what a reading means. */
import type { Message, MessageOf } from "../runtime/messages.ts";
import type { TrainingExample } from "./folds/example.ts";
import { gateRefusal, type Standard } from "./folds/gate.ts";
import type { Settings } from "./settings.ts";

export interface JobInput {
  readonly settings: Settings;
  readonly requested: MessageOf<"training.requested">;
  readonly examples: readonly TrainingExample[];
  readonly round: number;
  /** Tells this life of the trainer from earlier ones: a reading is asked for anew after a restart. */
  readonly epoch: number;
}

export interface Lease {
  readonly slot: number;
  /** Whether servers on the slot's GPU have to sleep while it trains. Default: none does. */
  readonly shared?: boolean;
}

/** A slot whose GPU changes hands. */
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
  /** Of its newest lease; undefined before its first. */
  readonly slot: number | undefined;
  readonly shared: boolean;
  readonly trained: Trained | undefined;
  /** Readings of the gate that were asked for and missed. */
  readonly missed: number;
  /** Accuracies of the weights in force and of the candidate, taken side by side; undefined without the gate. */
  readonly before: Standard | undefined;
  readonly after: Standard | undefined;
  readonly cause: string;
  /** Trying again cannot mend the cause. */
  readonly permanent: boolean;
}

/** Whoever needs a slot has leased one: there is no other way into its state. */
export const slotOf = ({ slot }: JobContext): number => slot ?? 0;

export const canRetry = ({ attempt, settings, permanent }: JobContext): boolean =>
  !permanent && attempt + 1 < settings.jobAttempts;

export const canAskAgain = ({ missed, settings }: JobContext): boolean => missed + 1 < settings.jobAttempts;

/** Trying again cannot mend it: `permanent` of a TrainingError (runtime/training.ts). */
export const isPermanent = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "permanent" in error && error.permanent === true;

/** Before the first retry, doubled for each later one [s]. */
export const backoffOf = ({ settings }: JobContext, failures: number): number =>
  settings.jobBackoffSeconds * 2 ** Math.max(0, failures - 1);

/** How long a reading (anchor.ts), or training without a step, may take [s]. */
export const patienceOf = ({ settings }: JobContext): number => settings.phaseTimeoutSeconds * 6;

export const requestOf = ({ requested, epoch, missed }: JobContext): string =>
  `gate:${requested.job}:${epoch}.${missed}`;

export const isReading = (context: JobContext, event: Message): boolean =>
  (event.type === "anchor.measured" || event.type === "anchor.missed") &&
  event.request === requestOf(context);

/** What the gate lacks. */
export const gapOf = (event: Message): string => {
  if (event.type === "anchor.missed") return event.cause;
  return event.type === "anchor.measured" ? "no reading of the weights in force" : "no reply in time";
};

export const refusalOf = ({ settings }: JobContext, event: Message): string | undefined =>
  event.type === "anchor.measured" && event.against ? gateRefusal(event.against, event, settings) : undefined;
