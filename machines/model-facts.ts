/** The context of a model, and what follows from it for the work that it orders. */
import type { Exemplar, Message, MessageOf } from "../runtime/messages.ts";
import type { Remark } from "./folds/asked.ts";
import type { Due, Failures } from "./folds/presence.ts";
import { settledChecks, type Underway } from "./folds/underway.ts";
import type { Settings } from "./settings.ts";
import type { Work } from "./work.ts";
import type { Attempt, WorkEnded, WorkOrder } from "./work-order.ts";

export interface Adoption {
  readonly name: string;
  readonly version: number;
}

/** Work to be tried again, with what bounds the try [s]. */
export interface Retry extends Attempt {
  readonly work: Due;
  readonly timeoutSeconds: number;
}

/** To the desk. Work that is stopped says nothing more, and the call behind it is aborted. */
export type DeskOrder =
  | { readonly type: "begin"; readonly order: WorkOrder }
  | { readonly type: "stop"; readonly id: string };

export interface ModelInput {
  readonly name: string;
  readonly settings: Settings;
  /** Version in force when the model starts: 0 is the base model. */
  readonly adapter: number;
  readonly exemplars: readonly Exemplar[];
}

export interface ModelContext extends ModelInput {
  readonly underway: Underway;
  /** The version being adopted. */
  readonly candidate: number;
  /** Failures in a row. */
  readonly failures: Failures;
  /** What an absent member has to do before it counts again; undefined while it is present. */
  readonly owed: Due | undefined;
  /** How often it has tried to. */
  readonly tries: number;
  /** What was remarked on each open question and its solutions. */
  readonly remarks: Readonly<Record<string, readonly Remark[]>>;
}

export type ModelEvent = Message | WorkEnded;

export const without = <T>(record: Readonly<Record<string, T>>, id: string): Record<string, T> => {
  const { [id]: _dropped, ...rest } = record;
  return rest;
};

/** Empty for other events. */
export const endedQuestion = (event: ModelEvent): string => {
  if (event.type === "question.settled") return event.dossier.question;
  return event.type === "question.voided" ? event.question : "";
};

/** Share of a phase that all attempts together may take: an abstention still reaches the question in time. */
const withinPhase = 0.9;

export const patienceOf = ({ workAttempts, phaseTimeoutSeconds }: Settings): number =>
  (withinPhase * phaseTimeoutSeconds) / workAttempts;

/** Tries go on where the work's own attempts ended, each with a seed of its own. */
export const retryOf = ({ owed, tries, settings }: ModelContext): Retry => {
  if (owed === undefined) throw new Error("a member that is present has nothing to try again");
  return { work: owed, attempt: settings.workAttempts + tries, timeoutSeconds: patienceOf(settings) };
};

export const worksOf = ({ ended }: WorkEnded) => ended.map(({ work }) => work);

/** Own checks that refusals make unnecessary. */
export const settledBy = (
  { verdicts }: MessageOf<"verdict.given">,
  { underway, settings }: ModelContext,
): Work[] => settledChecks(underway, verdicts, settings);
