/**
 * A member of the R-group: one model in all its roles at once. The protocol is nowhere else: each region
 * listens for what concerns its role and answers with messages of its own.
 *
 * 1. Every piece of work (work-order.ts) has an id; a region is active while work of its role is under way. The desk
 *    does the work: thousands of child actors would be copied with every snapshot and kept for ever.
 * 2. It takes part in the questions of its groups only. A refusal by a member of the same group settles a solution:
 *    the model stops its own check of it and aborts the call.
 * 3. Work on a question that has ended is stopped. It counts as failed if the question is settled, for the group went
 *    on without it, and not if the question is void: others may still have been at work, and its author be gone.
 * 4. New weights are used only after they have been adopted; a failed adoption keeps the old ones.
 * 5. Failed work ends as an abstention that is published; the model goes on.
 * 6. A model whose work fails repeatedly says that it is absent and accepts no more work. It repeats the last failed
 *    work with growing pauses; once that succeeds it says that it has recovered. Should another say so before, which
 *    knows only that its process is back, it repeats that it is absent.
 */
import { assign, emit, fromCallback, fromPromise, setup } from "xstate";
import type { Draft } from "../runtime/messages.ts";
import { countFailures, lapseOf, noFailures, pauseBefore } from "./folds/presence.ts";
import { newWork, nothingUnderway, withoutWork, withWork, workOn } from "./folds/underway.ts";
import { heardOf } from "./heard.ts";
import {
  type Adoption,
  checksSettledBy,
  type Desk,
  type DeskOrder,
  draftsOf,
  endedQuestions,
  exemplarsIn,
  type ModelContext,
  type ModelEvent,
  type ModelInput,
  patienceOf,
  type Retry,
  retryOf,
  underwayAfter,
  versionsIn,
  withoutRemarks,
  withRemarks,
  workAsked,
} from "./model-facts.ts";
import { gathered, type WorkKind } from "./work.ts";
import { causeOf, type Dropped, type Ended, errorOf } from "./work-order.ts";

export type { Adoption, Desk, DeskOrder, Retry } from "./model-facts.ts";

const base = setup({
  types: {
    context: {} as ModelContext,
    input: {} as ModelInput,
    events: {} as ModelEvent,
    emitted: {} as Draft,
  },
  actors: {
    /** Does the work; each piece answers with `work.ended`. It stops with the model, and all work with it. */
    desk: fromCallback<DeskOrder, Desk>(() => {}),
    /** Makes a version the one that calls are served by. */
    adopt: fromPromise<void, Adoption>(async () => {}),
    /** Does work, or a sample of it, whose result nobody waits for any more; rejects where it fails. */
    retry: fromPromise<void, Retry>(async () => {}),
  },
  delays: { pause: ({ context }) => pauseBefore(context.tries) * 1000 },
});

const begin = base.enqueueActions(({ context, event, enqueue }) => {
  const { underway, settings } = context;
  const fresh = newWork(underway, workAsked(context, event));
  const [attempts, timeoutSeconds] = [settings.workAttempts, patienceOf(settings)];
  enqueue.assign({ underway: withWork(underway, fresh) });
  const orders = fresh.map((work) => ({ work, attempts, timeoutSeconds }));
  if (orders.length > 0) enqueue.sendTo("desk", { type: "begin", orders });
});

const lapse = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "work.ended") return;
  const lapsed = lapseOf(context.failures, event.ended, context.settings);
  if (lapsed === undefined) return;
  const { work, failures, cause } = lapsed;
  enqueue.assign({ owed: work, tries: 0, failures: countFailures(context.failures, event.ended) });
  enqueue.emit({ type: "agent.lapsed", agent: context.name, failures, cause });
});

const insist = base.enqueueActions(({ context: { name, owed, failures }, enqueue }) => {
  if (owed === undefined) return;
  const cause = `its process is back, but it still owes work of the kind ${owed.kind}`;
  enqueue.emit({ type: "agent.lapsed", agent: name, failures: failures[owed.kind], cause });
});

const recover = base.enqueueActions(({ context, enqueue }) => {
  enqueue.assign({ owed: undefined, tries: 0, failures: noFailures });
  enqueue.emit({ type: "agent.recovered", agent: context.name });
});

const finish = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "work.ended") return;
  const { name, adapter, underway } = context;
  enqueue.assign({ underway: underwayAfter(underway, event) });
  const drafts = event.ended.flatMap((ended) => draftsOf(ended, name, adapter));
  for (const draft of gathered(drafts)) enqueue.emit(draft);
});

const dropChecks = base.enqueueActions(({ context, event, enqueue }) => {
  const checks = checksSettledBy(event, context);
  enqueue.assign({ underway: withoutWork(context.underway, "verify", checks) });
  enqueue.sendTo("desk", { type: "stop", ids: checks.map(({ id }) => id) });
});

const abandon = base.enqueueActions(({ context, event, enqueue }) => {
  const left = workOn(context.underway, endedQuestions(event));
  if (left.length > 0) enqueue.sendTo("desk", { type: "stop", ids: left.map(({ id }) => id) });
  for (const [kind, pieces] of Map.groupBy(left, (work) => work.kind)) {
    const ended = pieces.map((work): Ended | Dropped =>
      event.type === "question.voided"
        ? { work, outcome: "dropped" }
        : { work, outcome: "failed", cause: "the question ended without it" },
    );
    enqueue.raise({ type: "work.ended", kind, ended });
  }
});

/** What each role listens for asks work of this model. */
const isAsked = ({ context, event }: { readonly context: ModelContext; readonly event: ModelEvent }) =>
  workAsked(context, event).length > 0;

const society = base.extend({
  guards: {
    chosen: isAsked,
    invited: isAsked,
    byPeer: isAsked,
    asked: isAsked,
    won: isAsked,
    teaches: ({ context, event }) =>
      exemplarsIn(event)?.some(({ author }) => author === context.name) ?? false,
    settlesCheck: ({ context, event }) => checksSettledBy(event, context).length > 0,
    settlesLastCheck: ({ context, event }) =>
      checksSettledBy(event, context).length === context.underway.verify.length,
    isMine: ({ context, event }) => versionsIn(event, context.name).length > 0,
    /** Other weights are in force than those it speaks with. */
    isBehind: ({ context: { adapter, candidate } }) => adapter !== candidate,
    ended: ({ event }, kind: WorkKind) => event.type === "work.ended" && event.kind === kind,
    endedLast: ({ context, event }, kind: WorkKind) =>
      event.type === "work.ended" &&
      event.kind === kind &&
      underwayAfter(context.underway, event)[kind].length === 0,
    lapses: ({ context, event }) =>
      event.type === "work.ended" && lapseOf(context.failures, event.ended, context.settings) !== undefined,
    isRecalled: ({ context: { name }, event }) =>
      heardOf(event, "agent.recovered").some(({ agent, from }) => agent === name && from !== name),
    /** What was under way when it lapsed has been done after all. */
    answers: ({ context, event }) =>
      event.type === "work.ended" &&
      event.kind === context.owed?.kind &&
      event.ended.some(({ outcome }) => outcome === "done"),
    concerns: ({ context, event }) => {
      const questions = endedQuestions(event);
      const isRemarked = questions.some((question) => question in context.remarks);
      return isRemarked || workOn(context.underway, questions).length > 0;
    },
  },
  actions: {
    begin,
    finish,
    dropChecks,
    abandon,
    lapse,
    insist,
    recover,
    count: assign(({ context, event }) =>
      event.type === "work.ended" ? { failures: countFailures(context.failures, event.ended) } : {},
    ),
    countTry: assign({ tries: ({ context }) => context.tries + 1 }),
    keepHistory: assign(({ context, event }) => ({ exemplars: exemplarsIn(event) ?? context.exemplars })),
    keepRemark: assign(({ context, event }) => ({ remarks: withRemarks(context.remarks, event) })),
    dropRemarks: assign(({ context, event }) => ({
      remarks: withoutRemarks(context.remarks, endedQuestions(event)),
    })),
    aim: assign(({ context, event }) => ({
      candidate: versionsIn(event, context.name).at(-1) ?? context.candidate,
    })),
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
    input: ({ context }) => ({ owner: context.name }),
    onError: { actions: { type: "fail", params: errorOf } },
  },
  on: {
    "remark.made": { actions: "keepRemark" },
    "question.settled": { guard: "concerns", actions: ["dropRemarks", "abandon"] },
    "question.voided": { guard: "concerns", actions: ["dropRemarks", "abandon"] },
    "question.answered": { guard: "concerns", actions: ["dropRemarks", "abandon"] },
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
        resting: {
          on: {
            "solution.offered": { guard: "byPeer", target: "verifying", actions: "begin" },
            "verdict.requested": { guard: "byPeer", target: "verifying", actions: "begin" },
          },
        },
        verifying: {
          on: {
            "solution.offered": { guard: "byPeer", actions: "begin" },
            "verdict.requested": { guard: "byPeer", actions: "begin" },
            "work.ended": finishing("verify"),
            "verdict.given": [
              { guard: "settlesLastCheck", target: "resting", actions: "dropChecks" },
              { guard: "settlesCheck", actions: "dropChecks" },
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
          on: {
            "work.ended": { guard: "answers", target: "present", actions: "recover" },
            "agent.recovered": { guard: "isRecalled", actions: "insist" },
          },
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
