/**
 * Opens and closes rounds, sets the difficulty (Eq. 1), watches for surprise (Eq. 2), switches strategy and
 * requests readings of the external anchor.
 *
 * 1. Its state is a fold over durable messages (society.ts): a journal restores it exactly.
 * 2. It continues only when its own durable messages have been recorded: decisions rest on recorded messages only.
 * 3. Every wait has a deadline: lost members and lost messages delay a round but never stop the run.
 * 4. With `overlap` a round opens while stragglers of the one before finish. Rounds close in the order in which they
 *    opened, each with the V_t of its own questions; d_t, F_t and the strategy are those of the rounds that have closed.
 *    The deadline of a round begins anew when the next opens beside it.
 * 5. What an operator sets applies from the next round that opens. A paused run plays out its rounds and opens none.
 * 6. It ends only after the trainer has answered that no job is open and none will be requested.
 */
import { assign, setup } from "xstate";
import type { Draft, Message } from "../runtime/messages.ts";
import { settingsIn } from "./folds/control.ts";
import { nobody } from "./folds/membership.ts";
import { closingDraft, emptySociety, foldSociety, isPlayedOut, situationOf } from "./folds/society.ts";
import { strategySwitch } from "./folds/strategy.ts";
import {
  afterHearing,
  anchorDrafts,
  awaitsJobs,
  changedDraft,
  desertion,
  finishedBy,
  hasTooFew,
  isDeserted,
  isDue,
  isInPlay,
  isPaused,
  lonelyDraft,
  type Moment,
  mayOpen,
  openingDrafts,
  phases,
  type SupervisorContext,
  type SupervisorInput,
  smallestGroup,
  withoutAnswered,
} from "./supervisor-facts.ts";

const base = setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as Message,
    emitted: {} as Draft,
  },
  actions: {
    /** The run stops; it can be resumed when the models answer. */
    fail: ({ context }) => {
      throw desertion(context);
    },
  },
  delays: {
    deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000,
    roundDeadline: ({ context }) => context.settings.phaseTimeoutSeconds * phases * 1000,
  },
});

const openRound = base.enqueueActions(({ context, enqueue }) => {
  for (const draft of openingDrafts(context)) enqueue.emit(draft);
});

const closeRound = base.enqueueActions(({ context: { society, settings }, enqueue }) => {
  const [round] = society.rounds;
  if (round === undefined) return;
  const closing = closingDraft(society, round, settings);
  const change = strategySwitch(situationOf(society, round, settings), settings);
  const changed: Draft[] = change ? [changedDraft(society, round.round, change)] : [];
  // The switch is sent first: the next round opens as soon as this one closes, with the new strategy.
  for (const draft of [...changed, closing]) enqueue.emit(draft);
});

const measure = (moment: Moment) =>
  base.enqueueActions(({ context, enqueue }) => {
    if (!isDue(context, moment)) return;
    const drafts = anchorDrafts(context, moment);
    enqueue.assign({ requests: [...context.requests, ...drafts.map(({ request }) => request)] });
    for (const draft of drafts) enqueue.emit(draft);
  });

const tellPlayEnded = base.enqueueActions(({ context: { epoch }, enqueue }) => {
  enqueue.emit({ type: "play.ended", epoch });
});

const admitLoneliness = base.enqueueActions(({ context, enqueue }) => {
  const draft = lonelyDraft(context);
  if (draft !== undefined) enqueue.emit(draft);
});

const finish = base.enqueueActions(({ context, enqueue }) => {
  const [rounds, reason] = [context.society.roundsClosed, finishedBy(context) ?? "stopped"];
  enqueue.emit({ type: "run.finished", rounds, reason });
});

const machine = base.extend({
  guards: {
    isOver: ({ context }) => context.society.finished,
    isLastExpected: ({ context, event }) => afterHearing(context, event).expected.length === 0,
    tooFew: ({ context }) => hasTooFew(context),
    leavesTooFew: ({ context, event }) => hasTooFew(afterHearing(context, event)),
    isPlayedOut: ({ context }) => isPlayedOut(context.society),
    mayOpen: ({ context }) => mayOpen(context),
    isPlayed: ({ context }) => !isInPlay(context) && finishedBy(context) !== undefined,
    awaitsJobs: ({ context }) => !isInPlay(context) && awaitsJobs(context),
    isPaused: ({ context }) => isPaused(context),
    isIdle: ({ context }) => !isInPlay(context),
    makesEnough: ({ context, event }) => !isDeserted(afterHearing(context, event)),
    isLast: ({ context, event }) => finishedBy(afterHearing(context, event)) !== undefined,
    isOldest: ({ context, event }) =>
      event.type === "round.closed" && event.round === context.society.rounds[0]?.round,
    isTrained: ({ context, event }) =>
      event.type === "training.closed" && event.epoch === context.epoch && context.society.jobs.length === 0,
    isLastJob: ({ context, event }) => afterHearing(context, event).society.jobs.length === 0,
    noRequests: ({ context }) => context.requests.length === 0,
    isLastReading: ({ context, event }) => withoutAnswered(context.requests, event).length === 0,
  },
  actions: {
    openRound,
    closeRound,
    measureBaseline: measure("baseline"),
    measureAnchor: measure("anchor"),
    measureFinal: measure("final"),
    finish,
    tellPlayEnded,
    admitLoneliness,
    learn: assign(({ context, event }) => afterHearing(context, event)),
    forgetRequests: assign({ requests: [] }),
  },
});

const learn = { actions: "learn" } as const;
const lastExpected = {
  guard: "isLastExpected",
  target: "playing",
  actions: ["learn", "measureBaseline", "admitLoneliness"],
} as const;
/** The trainer may have answered before this was heard. */
const lastJob = { guard: "isLastJob", target: "draining", reenter: true, actions: "learn" } as const;
const lastTrained = { guard: "isLastJob", target: "playing", actions: "learn" } as const;
/** What is under way comes to its end, or the run to its own. */
const lost = { guard: "leavesTooFew", target: "playing", actions: "learn" } as const;
const last = { guard: "isLast", target: "draining", actions: "learn" } as const;

const contextOf = ({ settings, records, expected }: SupervisorInput): SupervisorContext => {
  const society = records.reduce(foldSociety(settings), emptySociety(settings));
  return {
    configured: settings,
    settings: settingsIn(settings, society.control.components),
    expected,
    gone: {},
    smallest: Math.min(smallestGroup, Math.max(1, expected.length)),
    poser: undefined,
    society,
    ...nobody,
    epoch: records.length,
    requests: [],
    live: [],
  };
};

export const supervisorMachine = machine.createMachine({
  id: "supervisor",
  context: ({ input }) => contextOf(input),
  initial: "gathering",
  on: {
    "agent.joined": learn,
    "agent.left": learn,
    "agent.lapsed": learn,
    "agent.recovered": learn,
    "question.settled": learn,
    "question.voided": learn,
    "strategy.changed": learn,
    "training.requested": learn,
    "training.failed": learn,
    "adapter.rejected": learn,
    "adapter.published": learn,
    "adapter.withdrawn": learn,
    "anchor.measured": learn,
    "anchor.missed": learn,
    "round.opened": learn,
    "round.closed": learn,
    "call.metered": learn,
    "operator.paused": learn,
    "operator.resumed": learn,
    "operator.stepped": learn,
    "operator.set": learn,
  },
  states: {
    gathering: {
      always: { guard: "isOver", target: "finished" },
      on: { "agent.joined": lastExpected, "agent.left": lastExpected },
      after: {
        deadline: [
          { guard: "tooFew", target: "playing" },
          { target: "playing", actions: "measureBaseline" },
        ],
      },
    },
    /** Whatever is due comes first: to close the oldest round, or to open another. */
    playing: {
      always: [
        { guard: "isPlayedOut", target: "closing" },
        { guard: "mayOpen", target: "opening" },
        { guard: "isPlayed", target: "draining" },
        { guard: "tooFew", target: "deserted" },
        { guard: "awaitsJobs", target: "learning" },
        { guard: "isPaused", target: "paused" },
        { guard: "isIdle", target: "recess" },
      ],
      after: { roundDeadline: "closing" },
    },
    opening: {
      entry: "openRound",
      on: { "round.opened": { target: "playing", actions: "learn" }, "agent.left": lost },
      after: { deadline: "playing" },
    },
    /** An operator has paused the run between two rounds: adapters are still trained and questions still asked. */
    paused: {
      on: {
        "operator.resumed": { target: "playing", actions: "learn" },
        "operator.stepped": { target: "playing", actions: "learn" },
        "agent.left": lost,
        "training.failed": last,
        "adapter.rejected": last,
        "adapter.published": last,
      },
    },
    /** No round opens while too few members are present: absent members have time to recover. */
    recess: {
      on: {
        "agent.joined": { guard: "makesEnough", target: "playing", actions: "learn" },
        "agent.recovered": { guard: "makesEnough", target: "playing", actions: "learn" },
        "agent.left": lost,
        "training.failed": last,
        "adapter.rejected": last,
        "adapter.published": last,
        "call.metered": last,
      },
      after: { roundDeadline: "deserted" },
    },
    /** With `trainAfter: round` the next round is played with the new adapters. Each job ends by its own deadlines. */
    learning: {
      on: {
        "agent.left": lost,
        "training.failed": lastTrained,
        "adapter.rejected": lastTrained,
        "adapter.published": lastTrained,
      },
    },
    closing: {
      entry: "closeRound",
      on: {
        "round.closed": [
          { guard: "isOldest", target: "playing", actions: ["learn", "measureAnchor"] },
          { target: "playing", actions: "learn" },
        ],
      },
      after: { deadline: { target: "closing", reenter: true } },
    },
    /** Requested jobs belong to the result, also those on their way to the journal; each ends by its own deadlines (job.ts). */
    draining: {
      entry: "tellPlayEnded",
      on: {
        "training.closed": { guard: "isTrained", target: "measuring" },
        "training.failed": lastJob,
        "adapter.rejected": lastJob,
        "adapter.published": lastJob,
      },
      after: { deadline: { target: "draining", reenter: true } },
    },
    measuring: {
      entry: "measureFinal",
      always: { guard: "noRequests", target: "ending" },
      on: {
        "anchor.measured": { guard: "isLastReading", target: "ending", actions: "learn" },
        "anchor.missed": { guard: "isLastReading", target: "ending", actions: "learn" },
      },
      after: { roundDeadline: { target: "ending", actions: "forgetRequests" } },
    },
    ending: {
      entry: "finish",
      on: { "run.finished": "finished" },
      after: { deadline: { target: "ending", reenter: true } },
    },
    deserted: { type: "final", entry: "fail" },
    finished: { type: "final" },
  },
});
