/** The context of a model, and what follows from it for the work that it orders. */
import { type Draft, type Exemplar, type Message, questionEndedBy } from "../runtime/messages.ts";
import { type Remark, workFor } from "./folds/asked.ts";
import { latest } from "./folds/latest.ts";
import type { Due, Failures } from "./folds/presence.ts";
import { settledChecks, type Underway, withoutWork } from "./folds/underway.ts";
import { type Heard, heardOf, messagesIn } from "./heard.ts";
import type { Settings } from "./settings.ts";
import { abstention, type Work } from "./work.ts";
import type { Attempt, Dropped, Ended, WorkEnded, WorkOrder } from "./work-order.ts";

export interface Adoption {
  readonly name: string;
  readonly version: number;
}

export interface Desk {
  /** Whose work it does. */
  readonly owner: string;
}

/** Work to be tried again, with what bounds the try [s]. */
export interface Retry extends Attempt {
  readonly name: string;
  readonly work: Due;
  readonly timeoutSeconds: number;
}

/** To the desk. Work that is stopped says nothing more, and the call behind it is aborted. */
export type DeskOrder =
  | { readonly type: "begin"; readonly orders: readonly WorkOrder[] }
  | { readonly type: "stop"; readonly ids: readonly string[] };

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

export type ModelEvent = Heard | WorkEnded;

type Remarks = ModelContext["remarks"];

/** Questions that have ended, none for other events. */
export const endedQuestions = (event: ModelEvent): readonly string[] =>
  event.type === "work.ended" ? [] : messagesIn(event).flatMap((message) => questionEndedBy(message) ?? []);

export const withRemarks = (remarks: Remarks, event: ModelEvent): Remarks => {
  const fresh = Map.groupBy(heardOf(event, "remark.made"), ({ question }) => question);
  const grown = [...fresh].map(
    ([question, made]) => [question, [...(remarks[question] ?? []), ...made]] as const,
  );
  return { ...remarks, ...Object.fromEntries(grown) };
};

export const withoutRemarks = (remarks: Remarks, questions: readonly string[]): Remarks =>
  questions.some((question) => question in remarks)
    ? Object.fromEntries(Object.entries(remarks).filter(([question]) => !questions.includes(question)))
    : remarks;

/** Whether a message asks something of the model: an absent one is not asked to judge. */
const asks = ({ name, owed }: ModelContext, message: Message): boolean => {
  switch (message.type) {
    case "round.opened":
      return message.generator === name;
    case "question.posed":
      return message.group.includes(name);
    case "solution.offered":
    case "verdict.requested":
      return owed === undefined && message.verifiers.includes(name) && message.offered.author !== name;
    case "ballot.opened":
      return owed === undefined && message.group.includes(name);
    case "winner.elected":
      return message.winner.author === name;
    default:
      return false;
  }
};

/** The work that an event asks of the model. */
export const workAsked = latest((context: ModelContext, event: ModelEvent): readonly Work[] =>
  event.type === "work.ended"
    ? []
    : messagesIn(event)
        .filter((message) => asks(context, message))
        .flatMap((message) => workFor(context, message)),
);

/** The versions of the model's own weights that an event puts in force, oldest first. */
export const versionsIn = (event: ModelEvent, name: string): readonly number[] => [
  ...heardOf(event, "adapter.published").flatMap(({ model, version }) => (model === name ? version : [])),
  ...heardOf(event, "adapter.withdrawn").flatMap(({ model, restored }) => (model === name ? restored : [])),
];

/** The history as an event brings it. */
export const exemplarsIn = (event: ModelEvent): readonly Exemplar[] | undefined =>
  heardOf(event, "history.updated").at(-1)?.exemplars;

/** Share of a phase that all attempts together may take: an abstention still reaches the question in time. */
const withinPhase = 0.9;

export const patienceOf = ({ workAttempts, phaseTimeoutSeconds }: Settings): number =>
  (withinPhase * phaseTimeoutSeconds) / workAttempts;

/** Tries go on where the work's own attempts ended, each with a seed of its own. */
export const retryOf = ({ name, owed, tries, settings }: ModelContext): Retry => {
  if (owed === undefined) throw new Error("a member that is present has nothing to try again");
  return { name, work: owed, attempt: settings.workAttempts + tries, timeoutSeconds: patienceOf(settings) };
};

/** What is said of work that has ended: its result, an abstention, or nothing. */
export const draftsOf = (ended: Ended | Dropped, name: string, adapter: number): readonly Draft[] => {
  if (ended.outcome === "done") return ended.drafts;
  return ended.outcome === "failed" ? abstention(ended.work, name, adapter, ended.cause) : [];
};

/** What is still under way after work has ended. */
export const underwayAfter = latest(
  (underway: Underway, { kind, ended }: WorkEnded): Underway =>
    withoutWork(
      underway,
      kind,
      ended.map(({ work }) => work),
    ),
);

/** Own checks that refusals make unnecessary. */
export const checksSettledBy = latest(
  (event: ModelEvent, { underway, settings }: ModelContext): readonly Work[] =>
    settledChecks(
      underway,
      heardOf(event, "verdict.given").flatMap(({ verdicts }) => verdicts),
      settings,
    ),
);
