/**
 * A question's life, run by the model that posed it:
 * solving → verifying → (remarking →) voting → explaining → closing → settled | void.
 *
 * 1. Every phase has a deadline: whoever is silent then, or has left, counts as abstaining. So does who is silent
 *    when at least half of the group are done and the patience with it, learned from its own times, is over.
 * 2. Solutions are checked as they arrive; `verifying` only waits for what is still undecided. A phase in which
 *    nothing is left to do is left at once.
 * 3. Whatever anybody says out of turn, twice or from outside the group changes nothing (dossier.ts).
 * 4. A member that lapses is excused from what it owes: consensus is that of the others. One that leaves abstains.
 * 5. A question ends with exactly one of `question.closed` and `question.voided`. The dossier is closed again, the
 *    same, until the question hears that it is settled: the referee rates it once however often it comes.
 * 6. Agents that remark are waited for between verification and vote, where there are any and something to remark on:
 *    until all have said that they have finished, have left, or have been waited for long enough.
 * 7. A question that an operator asks ends with `question.answered`, and with neither of the two.
 */
import { assign, setup } from "xstate";
import type { Draft } from "../runtime/messages.ts";
import { duelOf, isDecided, isPolled, pairsOf } from "./folds/dossier.ts";
import { type Asking, excused, silentIn, withoutMember } from "./folds/silence.ts";
import { winnerOf } from "./folds/winner.ts";
import { type Heard, messagesIn } from "./heard.ts";
import {
  answeredDraft,
  ballotDraft,
  closedDraft,
  electedDrafts,
  invitedDraft,
  posedDraft,
  requestedDrafts,
  voidedDraft,
} from "./question-drafts.ts";
import {
  asksMore,
  awaitedPatience,
  awaitedRemarkers,
  consensusOf,
  emptyDossier,
  isByWinner,
  isContested,
  isFewer,
  isMost,
  listened,
  mayBeRemarkedOn,
  mustExplain,
  outwaitedTiming,
  type QuestionContext,
  type QuestionInput,
  silentAfter,
  withBallotPlanned,
  withExplanation,
  withoutFinished,
  withRemarksIn,
} from "./question-facts.ts";
import { noTiming, withTiming } from "./timing.ts";

export type { QuestionInput } from "./question-facts.ts";

const late = "silent until the deadline";
const outwaited = "silent while the others waited";
/** How often a dossier is closed at most, spread evenly over a phase. */
const handOvers = 20;

const base = setup({
  types: {
    context: {} as QuestionContext,
    input: {} as QuestionInput,
    events: {} as Heard,
    emitted: {} as Draft,
  },
  delays: {
    deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000,
    patience: ({ context }) => awaitedPatience(context) * 1000,
    hearing: ({ context }) => context.settings.remarkSeconds * 1000,
    handOver: ({ context }) => (context.settings.phaseTimeoutSeconds * 1000) / handOvers,
  },
});

/** What a question says of itself at some point of its life. */
const saying = (drafts: (context: QuestionContext) => readonly Draft[]) =>
  base.enqueueActions(({ context, enqueue }) => {
    for (const draft of drafts(context)) enqueue.emit(draft);
  });

const stateless = base.extend({
  guards: {
    isFlawed: ({ context }) => context.flaw !== undefined,
    noneSolved: ({ context }) => context.dossier.solutions.length === 0,
    allDecided: ({ context: { dossier, settings } }) =>
      !settings.validVote || dossier.solutions.every((solution) => isDecided(dossier, solution)),
    needsNoRemarks: ({ context }) => !mayBeRemarkedOn(context),
    isLastRemarker: ({ context, event }) => {
      const { gone } = listened(context, event);
      return awaitedRemarkers({ gone, remarkers: withoutFinished(context.remarkers, event) }).length === 0;
    },
    needsNoVotes: ({ context }) => !isContested(context) || isPolled(context.dossier),
    needsNoExplanation: ({ context }) => !mustExplain(context),
    asksMore: ({ context, event }) => asksMore(context, event),
    mostAreDone: ({ context: { dossier } }, asking: Asking) =>
      isMost(dossier, silentIn(dossier, asking), asking),
    /** Nobody owes anything more. */
    isLast: ({ context, event }, asking: Asking) => silentAfter(context, event, asking).length === 0,
    /** Most are done, and one more than when the patience began. */
    leavesFew: ({ context, event }, asking: Asking) => {
      const silent = silentAfter(context, event, asking);
      return isMost(context.dossier, silent, asking) && isFewer(context, silent, asking);
    },
    byWinner: ({ context, event }) => isByWinner(context, event),
  },
  actions: {
    announce: saying(({ dossier, flaw, settings }) =>
      flaw === undefined ? [posedDraft(dossier, settings)] : [],
    ),
    inviteRemarks: saying((context) =>
      mayBeRemarkedOn(context) ? [invitedDraft(context.dossier, awaitedRemarkers(context))] : [],
    ),
    openBallot: saying((context) => (isContested(context) ? [ballotDraft(context.dossier)] : [])),
    askWinner: saying((context) => (mustExplain(context) ? electedDrafts(context.dossier) : [])),
    close: saying(({ dossier, timing, asked }) => [
      asked ? answeredDraft(dossier) : closedDraft(dossier, timing.took),
    ]),
    discard: saying(({ dossier, flaw, asked }) => [voidedDraft(dossier, flaw, asked)]),
    listen: base.enqueueActions(({ context, event, enqueue }) => {
      const heard = listened(context, event);
      enqueue.assign(heard);
      for (const draft of requestedDrafts(context.dossier, heard.dossier, context.settings))
        enqueue.emit(draft);
    }),
    /** What it said itself has reached the group: from now on answers are awaited. */
    noteAsked: assign(({ context: { timing }, event }) => ({
      timing: withTiming(timing, messagesIn(event)),
    })),
    keepRemark: assign(({ context: { dossier }, event }, isLate: boolean) => ({
      dossier: withRemarksIn(dossier, event, isLate),
    })),
    hearOut: assign(({ context: { remarkers }, event }) => ({
      remarkers: withoutFinished(remarkers, event),
    })),
    awaitSilent: assign(({ context: { dossier } }, asking: Asking) => ({
      awaited: { asking, members: silentIn(dossier, asking) },
    })),
    excuse: assign(({ context: { dossier } }, asking: Asking) => ({
      dossier: excused(dossier, asking, silentIn(dossier, asking), late),
    })),
    passOver: assign(({ context }, asking: Asking) => {
      const silent = silentIn(context.dossier, asking);
      return {
        dossier: excused(context.dossier, asking, silent, outwaited),
        timing: outwaitedTiming(context, asking, silent),
      };
    }),
    countConsensus: assign(({ context }) => {
      const { dossier, gone } = context;
      const verified = consensusOf(context).map(({ solutionId }) => solutionId);
      const planned = withBallotPlanned({ ...dossier, verified }, context);
      return { dossier: gone.reduce(withoutMember, planned) };
    }),
    countVotes: assign(({ context: { dossier, settings } }) => {
      const duels = pairsOf(dossier).flatMap((pair) => duelOf(dossier, pair) ?? []);
      const winner = winnerOf({ ...dossier, duels }, settings.seed);
      return { dossier: { ...dossier, duels, ...(winner === undefined ? {} : { winner }) } };
    }),
    keepExplanation: assign(({ context: { dossier }, event }) => ({
      dossier: withExplanation(dossier, event),
    })),
  },
});

/** What is remarked from the vote on is kept, and did not decide it. */
const lateRemarks = { "remark.made": { actions: { type: "keepRemark", params: true } } } as const;

/** What brings a phase on: the last answer ends it, each one while few are silent renews the patience with them. */
const hearing = <const A extends Asking, const T extends string>(asking: A, next: T) =>
  [
    { guard: { type: "isLast", params: asking }, target: next, actions: "listen" },
    { guard: { type: "leavesFew", params: asking }, target: ".lingering", actions: "listen" },
  ] as const;

/** More verifiers are asked: patience is for those who had their time. */
const asking = { guard: "asksMore", target: ".early", actions: "listen" } as const;

const silentUntilDeadline = <const A extends Asking, const T extends string>(asking: A, next: T) =>
  ({ deadline: { target: next, actions: { type: "excuse", params: asking } } }) as const;

const lingering = <const A extends Asking, const T extends string>(asking: A, next: T) =>
  ({
    entry: { type: "awaitSilent", params: asking },
    after: { patience: { target: next, actions: { type: "passOver", params: asking } } },
  }) as const;

/** Most may be done already when a phase begins. */
const early = <const A extends Asking>(asking: A) =>
  ({ always: { guard: { type: "mostAreDone", params: asking }, target: "lingering" } }) as const;

export const questionMachine = stateless.createMachine({
  id: "question",
  context: ({ input }) => ({
    dossier: emptyDossier(input),
    settings: input.settings,
    flaw: input.flaw ?? (input.group.length === 0 ? "no member is present" : undefined),
    asked: input.asked ?? false,
    gone: [],
    remarkers: input.remarkers ?? [],
    paces: input.paces,
    ratings: input.ratings ?? {},
    timing: noTiming,
    awaited: { asking: undefined, members: [] },
  }),
  initial: "solving",
  on: {
    "question.posed": { actions: "noteAsked" },
    "ballot.opened": { actions: "noteAsked" },
    "winner.elected": { actions: "noteAsked" },
    "solution.offered": { actions: "listen" },
    "solution.withheld": { actions: "listen" },
    "verdict.requested": { actions: "listen" },
    "verdict.given": { actions: "listen" },
    "ballot.cast": { actions: "listen" },
    "remark.made": { actions: { type: "keepRemark", params: false } },
    "remarks.finished": { actions: "hearOut" },
    "agent.left": { actions: "listen" },
    "agent.lapsed": { actions: "listen" },
  },
  states: {
    solving: {
      entry: "announce",
      always: { guard: "isFlawed", target: "void" },
      on: {
        "solution.offered": hearing("solve", "verifying"),
        "solution.withheld": hearing("solve", "verifying"),
        "agent.left": hearing("solve", "verifying"),
        "agent.lapsed": hearing("solve", "verifying"),
      },
      after: silentUntilDeadline("solve", "verifying"),
      initial: "early",
      states: { early: {}, lingering: lingering("solve", "#question.verifying") },
    },
    verifying: {
      always: [
        { guard: "noneSolved", target: "void" },
        { guard: "allDecided", target: "remarking" },
      ],
      on: {
        "verdict.given": [asking, ...hearing("verify", "remarking")],
        "agent.left": [asking, ...hearing("verify", "remarking")],
        "agent.lapsed": [asking, ...hearing("verify", "remarking")],
      },
      after: silentUntilDeadline("verify", "remarking"),
      initial: "early",
      states: { early: early("verify"), lingering: lingering("verify", "#question.remarking") },
    },
    remarking: {
      entry: ["countConsensus", "inviteRemarks"],
      always: { guard: "needsNoRemarks", target: "voting" },
      on: {
        "remarks.finished": { guard: "isLastRemarker", target: "voting", actions: "hearOut" },
        "agent.left": { guard: "isLastRemarker", target: "voting", actions: "listen" },
        "agent.lapsed": { guard: "isLastRemarker", target: "voting", actions: "listen" },
      },
      after: { hearing: "voting" },
    },
    voting: {
      entry: "openBallot",
      always: { guard: "needsNoVotes", target: "explaining" },
      on: {
        ...lateRemarks,
        "ballot.cast": hearing("vote", "explaining"),
        "agent.left": hearing("vote", "explaining"),
        "agent.lapsed": hearing("vote", "explaining"),
      },
      after: silentUntilDeadline("vote", "explaining"),
      initial: "early",
      states: { early: early("vote"), lingering: lingering("vote", "#question.explaining") },
    },
    explaining: {
      entry: ["countVotes", "askWinner", { type: "awaitSilent", params: "explain" }],
      always: { guard: "needsNoExplanation", target: "closing" },
      on: {
        ...lateRemarks,
        "explanation.given": { guard: "byWinner", target: "closing", actions: ["listen", "keepExplanation"] },
        "explanation.withheld": { guard: "byWinner", target: "closing" },
        "agent.left": { guard: "byWinner", target: "closing", actions: "listen" },
        "agent.lapsed": { guard: "byWinner", target: "closing", actions: "listen" },
      },
      after: {
        deadline: "closing",
        patience: { target: "closing", actions: { type: "passOver", params: "explain" } },
      },
    },
    /** What is said now changes nothing any more. */
    closing: {
      initial: "saying",
      on: {
        "question.settled": "settled",
        "question.voided": "settled",
        "question.answered": "settled",
        "*": {},
      },
      after: { deadline: "settled" },
      states: {
        saying: { entry: "close", after: { handOver: { target: "saying", reenter: true } } },
      },
    },
    settled: { type: "final" },
    void: { type: "final", entry: "discard" },
  },
});
