/**
 * A member of the R-group: one model in all its roles at once. The protocol is nowhere else: each region
 * listens for what concerns its role and answers with messages of its own.
 *
 * 1. Every piece of work (work-order.ts) is named by its id; a region works while work of its role is under way.
 *    The desk runs them: thousands of children would be copied with every snapshot, and remembered for ever.
 * 2. It takes part in the questions of its groups only. The refusal of a member of the same group settles a solution:
 *    this model's own check of it is stopped, and its call aborted.
 * 3. Work on a question that has ended without it is stopped and has failed: the group waited for it no longer.
 * 4. New weights are spoken with only after they have been adopted; a failed adoption keeps the old ones.
 * 5. Nothing here fails for good: failed work is an abstention that is published.
 * 6. Who fails time after time says that it is absent and takes on no more. It tries what it failed at last again,
 *    now and then; once that is done it says that it has recovered.
 */
import { assign, emit, fromCallback, fromPromise, setup } from "xstate";
import type { Draft, Exemplar, Message } from "../runtime/messages.ts";
import { type Remark, workFor } from "./folds/asked.ts";
import {
  countFailures,
  type Due,
  type Failures,
  lapseOf,
  noFailures,
  pauseBefore,
} from "./folds/presence.ts";
import {
  isUnderway,
  nothingUnderway,
  settledCheck,
  type Underway,
  withoutWork,
  withWork,
  workOn,
} from "./folds/underway.ts";
import type { Settings } from "./settings.ts";
import { abstention, type WorkKind } from "./work.ts";
import { type Attempt, causeOf, errorOf, type WorkEnded, type WorkOrder } from "./work-order.ts";

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

interface Context extends ModelInput {
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

type Events = Message | WorkEnded;

const without = <T>(record: Readonly<Record<string, T>>, id: string): Record<string, T> => {
  const { [id]: _dropped, ...rest } = record;
  return rest;
};

const endedQuestion = (event: Events): string => {
  if (event.type === "question.settled") return event.dossier.question;
  return event.type === "question.voided" ? event.question : "";
};

const base = setup({
  types: {
    context: {} as Context,
    input: {} as ModelInput,
    events: {} as Events,
    emitted: {} as Draft,
  },
  actors: {
    /** Does the work; each piece answers with `work.ended`. It stops with the model, and all work with it. */
    desk: fromCallback<DeskOrder>(() => {}),
    /** Makes a version the one that calls are served by. */
    adopt: fromPromise<void, Adoption>(async () => {}),
    /** Does work, or a sample of it, whose result nobody waits for any more; rejects where it fails. */
    retry: fromPromise<void, Retry>(async () => {}),
  },
  delays: { pause: ({ context }) => pauseBefore(context.tries) * 1000 },
});

/** Share of a phase that all attempts together may take: an abstention still reaches the question in time. */
const withinPhase = 0.9;

const patienceOf = ({ workAttempts, phaseTimeoutSeconds }: Settings): number =>
  (withinPhase * phaseTimeoutSeconds) / workAttempts;

const begin = base.enqueueActions(({ context, event, enqueue }) => {
  const { underway, settings } = context;
  if (event.type === "work.ended") return;
  const fresh = workFor(context, event).filter((work) => !isUnderway(underway, work));
  const [attempts, timeoutSeconds] = [settings.workAttempts, patienceOf(settings)];
  enqueue.assign({ underway: withWork(underway, fresh) });
  for (const work of fresh) {
    enqueue.sendTo("desk", { type: "begin", order: { work, attempts, timeoutSeconds } });
  }
});

const lapse = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "work.ended") return;
  const lapsed = lapseOf(context.failures, event, context.settings);
  if (lapsed === undefined) return;
  const { work, failures, cause } = lapsed;
  enqueue.assign({ owed: work, tries: 0 });
  enqueue.emit({ type: "agent.lapsed", agent: context.name, failures, cause });
});

const recover = base.enqueueActions(({ context, enqueue }) => {
  enqueue.assign({ owed: undefined, tries: 0, failures: noFailures });
  enqueue.emit({ type: "agent.recovered", agent: context.name });
});

/** Tries go on where the work's own attempts ended, each with a seed of its own. */
const retryOf = ({ owed, tries, settings }: Context): Retry => {
  if (owed === undefined) throw new Error("a member that is present has nothing to try again");
  return { work: owed, attempt: settings.workAttempts + tries, timeoutSeconds: patienceOf(settings) };
};

const finish = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "work.ended") return;
  const { work } = event;
  enqueue.assign({ underway: withoutWork(context.underway, work) });
  const drafts =
    event.outcome === "done" ? event.drafts : abstention(work, context.name, context.adapter, event.cause);
  for (const draft of drafts) enqueue.emit(draft);
});

const dropCheck = base.enqueueActions(({ context, event, enqueue }) => {
  const check = event.type === "verdict.given" ? settledCheck(context.underway, event.given) : undefined;
  if (check === undefined) return;
  enqueue.assign({ underway: withoutWork(context.underway, check) });
  enqueue.sendTo("desk", { type: "stop", id: check.id });
});

const abandon = base.enqueueActions(({ context, event, enqueue }) => {
  for (const work of workOn(context.underway, endedQuestion(event))) {
    enqueue.sendTo("desk", { type: "stop", id: work.id });
    enqueue.raise({ type: "work.ended", work, outcome: "failed", cause: "the question ended without it" });
  }
});

const society = base.extend({
  guards: {
    chosen: ({ context, event }) =>
      event.type === "round.opened" && event.generator === context.name && workFor(context, event).length > 0,
    invited: ({ context, event }) => event.type === "question.posed" && event.group.includes(context.name),
    byPeer: ({ context, event }) =>
      context.settings.validVote &&
      context.owed === undefined &&
      event.type === "solution.offered" &&
      event.group.includes(context.name) &&
      event.offered.author !== context.name,
    asked: ({ context, event }) =>
      context.owed === undefined && event.type === "ballot.opened" && event.group.includes(context.name),
    won: ({ context, event }) => event.type === "winner.elected" && event.winner.author === context.name,
    teaches: ({ context, event }) =>
      event.type === "history.updated" && event.exemplars.some(({ author }) => author === context.name),
    settlesCheck: ({ context, event }) =>
      event.type === "verdict.given" && settledCheck(context.underway, event.given) !== undefined,
    settlesLastCheck: ({ context: { underway }, event }) =>
      event.type === "verdict.given" &&
      underway.verify.length === 1 &&
      settledCheck(underway, event.given) !== undefined,
    isMine: ({ context, event }) => "model" in event && event.model === context.name,
    /** Other weights are in force than those it speaks with. */
    isBehind: ({ context: { adapter, candidate } }) => adapter !== candidate,
    ended: ({ event }, kind: WorkKind) => event.type === "work.ended" && event.work.kind === kind,
    endedLast: ({ context, event }, kind: WorkKind) =>
      event.type === "work.ended" &&
      event.work.kind === kind &&
      context.underway[kind].every(({ id }) => id === event.work.id),
    lapses: ({ context, event }) =>
      event.type === "work.ended" && lapseOf(context.failures, event, context.settings) !== undefined,
    /** What was under way when it lapsed has been done after all. */
    answers: ({ context, event }) =>
      event.type === "work.ended" && event.outcome === "done" && event.work.kind === context.owed?.kind,
    concerns: ({ context, event }) => {
      const question = endedQuestion(event);
      return question in context.remarks || workOn(context.underway, question).length > 0;
    },
  },
  actions: {
    begin,
    finish,
    dropCheck,
    abandon,
    lapse,
    recover,
    count: assign(({ context, event }) =>
      event.type === "work.ended" ? { failures: countFailures(context.failures, event) } : {},
    ),
    countTry: assign({ tries: ({ context }) => context.tries + 1 }),
    keepHistory: assign(({ event }) =>
      event.type === "history.updated" ? { exemplars: event.exemplars } : {},
    ),
    keepRemark: assign(({ context, event }) => {
      if (event.type !== "remark.made") return {};
      const earlier = context.remarks[event.question] ?? [];
      return { remarks: { ...context.remarks, [event.question]: [...earlier, event] } };
    }),
    dropRemarks: assign(({ context, event }) => ({
      remarks: without(context.remarks, endedQuestion(event)),
    })),
    aim: assign(({ event }) => {
      if (event.type === "adapter.published") return { candidate: event.version };
      return event.type === "adapter.withdrawn" ? { candidate: event.restored } : {};
    }),
    /** Without a desk there is nothing the model can do: it fails, with the desk's cause. */
    fail: (_, cause: unknown) => {
      throw cause;
    },
    complain: emit(({ context }, error: unknown): Draft => {
      const where = "adopting an adapter";
      return { type: "agent.failed", agent: context.name, where, cause: causeOf(error) };
    }),
    switchOver: assign({ adapter: ({ context }) => context.candidate }),
    keepWeights: assign({ candidate: ({ context }) => context.adapter }),
  },
});

/** A role works exactly while work of its kind is under way. */
const finishing = <const K extends WorkKind>(kind: K) =>
  [
    { guard: { type: "endedLast", params: kind }, target: "resting", actions: "finish" },
    { guard: { type: "ended", params: kind }, actions: "finish" },
  ] as const;

export const modelMachine = society.createMachine({
  id: "model",
  context: ({ input }) => ({
    ...input,
    ...{ underway: nothingUnderway, adapter: 0, candidate: input.adapter, remarks: {} },
    ...{ failures: noFailures, owed: undefined, tries: 0 },
  }),
  type: "parallel",
  invoke: {
    id: "desk",
    src: "desk",
    onError: { actions: { type: "fail", params: errorOf } },
  },
  on: {
    "remark.made": { actions: "keepRemark" },
    "question.settled": { guard: "concerns", actions: ["dropRemarks", "abandon"] },
    "question.voided": { guard: "concerns", actions: ["dropRemarks", "abandon"] },
  },
  states: {
    generator: {
      initial: "resting",
      states: {
        resting: { on: { "round.opened": { guard: "chosen", target: "posing", actions: "begin" } } },
        posing: {
          on: { "round.opened": { guard: "chosen", actions: "begin" }, "work.ended": finishing("pose") },
        },
      },
    },
    solver: {
      initial: "resting",
      states: {
        resting: { on: { "question.posed": { guard: "invited", target: "solving", actions: "begin" } } },
        solving: {
          on: { "question.posed": { guard: "invited", actions: "begin" }, "work.ended": finishing("solve") },
        },
      },
    },
    verifier: {
      initial: "resting",
      states: {
        resting: { on: { "solution.offered": { guard: "byPeer", target: "verifying", actions: "begin" } } },
        verifying: {
          on: {
            "solution.offered": { guard: "byPeer", actions: "begin" },
            "work.ended": finishing("verify"),
            "verdict.given": [
              { guard: "settlesLastCheck", target: "resting", actions: "dropCheck" },
              { guard: "settlesCheck", actions: "dropCheck" },
            ],
          },
        },
      },
    },
    voter: {
      initial: "resting",
      states: {
        resting: { on: { "ballot.opened": { guard: "asked", target: "voting", actions: "begin" } } },
        voting: {
          on: { "ballot.opened": { guard: "asked", actions: "begin" }, "work.ended": finishing("vote") },
        },
      },
    },
    /** Whose explanations the group reads is a teacher; the readers are students. Roles change all the time. */
    learner: {
      initial: "student",
      states: {
        student: {
          on: {
            "history.updated": [
              { guard: "teaches", target: "teacher", actions: "keepHistory" },
              { actions: "keepHistory" },
            ],
          },
        },
        teacher: {
          on: {
            "history.updated": [
              { guard: "teaches", actions: "keepHistory" },
              { target: "student", actions: "keepHistory" },
            ],
          },
        },
      },
    },
    explainer: {
      initial: "resting",
      states: {
        resting: { on: { "winner.elected": { guard: "won", target: "explaining", actions: "begin" } } },
        explaining: {
          on: { "winner.elected": { guard: "won", actions: "begin" }, "work.ended": finishing("explain") },
        },
      },
    },
    presence: {
      initial: "present",
      states: {
        present: {
          on: {
            "work.ended": [{ guard: "lapses", target: "absent", actions: "lapse" }, { actions: "count" }],
          },
        },
        absent: {
          initial: "waiting",
          on: { "work.ended": { guard: "answers", target: "present", actions: "recover" } },
          states: {
            waiting: { after: { pause: "trying" } },
            trying: {
              invoke: {
                id: "retry",
                src: "retry",
                input: ({ context }) => retryOf(context),
                onDone: { target: "#model.presence.present", actions: "recover" },
                onError: { target: "waiting", actions: "countTry" },
              },
            },
          },
        },
      },
    },
    weights: {
      initial: "serving",
      on: {
        "adapter.published": { guard: "isMine", target: ".adopting", actions: "aim" },
        "adapter.withdrawn": { guard: "isMine", target: ".adopting", actions: "aim" },
      },
      states: {
        serving: { always: { guard: "isBehind", target: "adopting" } },
        adopting: {
          invoke: {
            id: "adopt",
            src: "adopt",
            input: ({ context }) => ({ name: context.name, version: context.candidate }),
            onDone: { target: "serving", actions: "switchOver" },
            onError: {
              target: "serving",
              actions: ["keepWeights", { type: "complain", params: errorOf }],
            },
          },
        },
      },
    },
  },
});
