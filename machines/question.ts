/**
 * A question's life, run by the model that posed it:
 * solving → verifying → voting → explaining → closing → settled | void.
 *
 * 1. Every phase has a deadline: whoever is silent then, or has left, counts as abstaining. So does who is silent
 *    when at least half of the group are done and the patience with it, learned from its own times, is over.
 * 2. Solutions are checked as they arrive; `verifying` only waits for what is still undecided. A phase in which
 *    nothing is left to do is left at once.
 * 3. Whatever anybody says out of turn, twice or from outside the group changes nothing (dossier.ts).
 * 4. A member that lapses is excused from what it owes: consensus is that of the others. One that leaves abstains.
 * 5. A question ends with exactly one of `question.closed` and `question.voided`. The dossier is closed again, the
 *    same, until the question hears that it is settled: the referee rates it once however often it comes.
 */
import { assign, setup } from "xstate";
import type { Dossier, Draft, Message } from "../runtime/messages.ts";
import {
  duelOf,
  isDecided,
  isPolled,
  isUnanimous,
  pairsOf,
  winnerOf,
  withAbsent,
  withBallot,
  withSolution,
  withVerdict,
  withWithheld,
} from "./folds/dossier.ts";
import { type Paces, paceKey, patienceOf, withPace } from "./folds/patience.ts";
import { type Asking, excused, silentIn, winningAuthor, withoutMember } from "./folds/silence.ts";
import { ballotDraft, closedDraft, electedDrafts, posedDraft, voidedDraft } from "./question-drafts.ts";
import type { Settings } from "./settings.ts";
import { noTiming, type Timing, withTiming } from "./timing.ts";

export interface QuestionInput {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  readonly adapter: number;
  readonly difficulty: number;
  readonly topic?: string;
  readonly text: string;
  readonly group: readonly string[];
  readonly settings: Settings;
  readonly openedAt: number;
  /** How long each member is known to take. */
  readonly paces: Paces;
  /** Why the question must not be asked: malformed, duplicate or contaminated. */
  readonly flaw?: string;
}

interface Context {
  readonly dossier: Dossier;
  readonly settings: Settings;
  readonly flaw: string | undefined;
  /** Members that left or lapsed: nobody waits for them, whatever they come to owe. */
  readonly gone: readonly string[];
  readonly paces: Paces;
  readonly timing: Timing;
  /** Who was waited for when the patience began that runs now. */
  readonly awaited: { readonly asking: Asking | undefined; readonly members: readonly string[] };
}

const late = "silent until the deadline";
const outwaited = "silent while the others waited";
/** How often a dossier is closed at most, spread evenly over a phase. */
const handOvers = 20;

const emptyDossier = ({
  group,
  settings: _settings,
  flaw: _flaw,
  paces: _paces,
  ...posed
}: QuestionInput): Dossier => ({
  ...posed,
  group: [...group],
  solutions: [],
  withheld: [],
  verdicts: [],
  verified: [],
  ballots: [],
  duels: [],
});

const fold = (dossier: Dossier, event: Message): Dossier => {
  switch (event.type) {
    case "solution.offered":
      return withSolution(dossier, event.offered);
    case "solution.withheld":
      return withWithheld(dossier, event.author, event.cause);
    case "verdict.given":
      return withVerdict(dossier, event.given);
    case "ballot.cast":
      return withBallot(dossier, event.cast);
    case "agent.lapsed":
      return withAbsent(dossier, event.agent);
    default:
      return dossier;
  }
};

const isLeaving = (event: Message) => event.type === "agent.left" || event.type === "agent.lapsed";

/** What was said, and what the members that are gone will never say. */
const listened = (
  { dossier, timing, gone: before }: Context,
  event: Message,
): Pick<Context, "dossier" | "gone" | "timing"> => {
  const gone = isLeaving(event) && !before.includes(event.agent) ? [...before, event.agent] : before;
  return {
    gone,
    dossier: gone.reduce(withoutMember, fold(dossier, event)),
    timing: withTiming(timing, event),
  };
};

const awaitedPatience = ({ awaited: { asking = "solve", members }, paces, settings }: Context): number =>
  patienceOf(paces, asking, members, settings);

/** What is still owed once a message has been heard: guards look at it before it is kept. */
const silentAfter = (context: Context, event: Message, asking: Asking): string[] =>
  silentIn(listened(context, event).dossier, asking);

const isMost = ({ group }: Dossier, silent: readonly string[]): boolean =>
  silent.length > 0 && silent.length * 2 <= group.length;

/** Fewer than those whose silence the patience runs for that has begun; all, where none has. */
const isFewer = ({ awaited }: Context, silent: readonly string[], asking: Asking): boolean =>
  awaited.asking !== asking || silent.length < awaited.members.length;

const isContested = ({ dossier, settings }: Context): boolean =>
  settings.qualityVote && dossier.verified.length > 1;

/** Explanations are read in the elite history: without it they would be paid for in vain. */
const mustExplain = ({ dossier, settings, gone }: Context): boolean => {
  const winner = winningAuthor(dossier);
  return settings.explanation && settings.eliteIcl && winner !== undefined && !gone.includes(winner);
};

/** Who is passed over has taken this long at least. */
const outwaitedTiming = (context: Context, asking: Asking, members: readonly string[]): Timing => {
  const { timing } = context;
  const keys = members.map((member) => paceKey(member, asking));
  const took = keys.reduce((paces, key) => withPace(paces, key, awaitedPatience(context)), timing.took);
  return { ...timing, took };
};

const base = setup({
  types: {
    context: {} as Context,
    input: {} as QuestionInput,
    events: {} as Message,
    emitted: {} as Draft,
  },
  delays: {
    deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000,
    patience: ({ context }) => awaitedPatience(context) * 1000,
    handOver: ({ context }) => (context.settings.phaseTimeoutSeconds * 1000) / handOvers,
  },
});

/** What a question says of itself at some point of its life. */
const saying = (drafts: (context: Context) => readonly Draft[]) =>
  base.enqueueActions(({ context, enqueue }) => {
    for (const draft of drafts(context)) enqueue.emit(draft);
  });

const stateless = base.extend({
  guards: {
    isFlawed: ({ context }) => context.flaw !== undefined,
    noneSolved: ({ context }) => context.dossier.solutions.length === 0,
    allDecided: ({ context: { dossier, settings } }) =>
      !settings.validVote || dossier.solutions.every((solution) => isDecided(dossier, solution)),
    needsNoVotes: ({ context }) => !isContested(context) || isPolled(context.dossier),
    needsNoExplanation: ({ context }) => !mustExplain(context),
    mostAreDone: ({ context: { dossier } }, asking: Asking) => isMost(dossier, silentIn(dossier, asking)),
    /** Nobody owes anything more. */
    isLast: ({ context, event }, asking: Asking) => silentAfter(context, event, asking).length === 0,
    /** Most are done, and one more than when the patience began. */
    leavesFew: ({ context, event }, asking: Asking) => {
      const silent = silentAfter(context, event, asking);
      return isMost(context.dossier, silent) && isFewer(context, silent, asking);
    },
    byWinner: ({ context: { dossier }, event }) => {
      const winner = winningAuthor(dossier);
      if (event.type === "explanation.given") return event.given.author === winner;
      if (event.type === "explanation.withheld") return event.author === winner;
      return isLeaving(event) && event.agent === winner;
    },
  },
  actions: {
    announce: saying(({ dossier, flaw }) => (flaw === undefined ? [posedDraft(dossier)] : [])),
    openBallot: saying((context) => (isContested(context) ? [ballotDraft(context.dossier)] : [])),
    askWinner: saying((context) => (mustExplain(context) ? electedDrafts(context.dossier) : [])),
    close: saying(({ dossier, timing }) => [closedDraft(dossier, timing.took)]),
    discard: saying(({ dossier, flaw }) => [voidedDraft(dossier, flaw)]),
    listen: assign(({ context, event }) => listened(context, event)),
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
    countConsensus: assign(({ context: { dossier, settings, gone } }) => {
      const passed = settings.validVote
        ? dossier.solutions.filter((solution) => isUnanimous(dossier, solution))
        : dossier.solutions;
      const verified = passed.map(({ solution }) => solution);
      return { dossier: gone.reduce(withoutMember, { ...dossier, verified }) };
    }),
    countVotes: assign(({ context: { dossier, settings } }) => {
      const duels = pairsOf(dossier).flatMap((pair) => duelOf(dossier, pair) ?? []);
      const winner = winnerOf({ ...dossier, duels }, settings.seed);
      return { dossier: { ...dossier, duels, ...(winner === undefined ? {} : { winner }) } };
    }),
    keepExplanation: assign(({ context: { dossier }, event }) =>
      event.type === "explanation.given" ? { dossier: { ...dossier, explanation: event.given } } : {},
    ),
  },
});

/** What brings a phase on: the last answer ends it, each one while few are silent renews the patience with them. */
const hearing = <const A extends Asking, const T extends string>(asking: A, next: T) =>
  [
    { guard: { type: "isLast", params: asking }, target: next, actions: "listen" },
    { guard: { type: "leavesFew", params: asking }, target: ".lingering", actions: "listen" },
  ] as const;

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
    flaw: input.flaw,
    gone: [],
    paces: input.paces,
    timing: noTiming,
    awaited: { asking: undefined, members: [] },
  }),
  initial: "solving",
  on: {
    "question.posed": { actions: "listen" },
    "ballot.opened": { actions: "listen" },
    "winner.elected": { actions: "listen" },
    "solution.offered": { actions: "listen" },
    "solution.withheld": { actions: "listen" },
    "verdict.given": { actions: "listen" },
    "ballot.cast": { actions: "listen" },
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
        { guard: "allDecided", target: "voting" },
      ],
      on: {
        "verdict.given": hearing("verify", "voting"),
        "agent.left": hearing("verify", "voting"),
        "agent.lapsed": hearing("verify", "voting"),
      },
      after: silentUntilDeadline("verify", "voting"),
      initial: "early",
      states: { early: early("verify"), lingering: lingering("verify", "#question.voting") },
    },
    voting: {
      entry: ["countConsensus", "openBallot"],
      always: { guard: "needsNoVotes", target: "explaining" },
      on: {
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
      on: { "question.settled": "settled", "question.voided": "settled", "*": {} },
      after: { deadline: "settled" },
      states: {
        saying: { entry: "close", after: { handOver: { target: "saying", reenter: true } } },
      },
    },
    settled: { type: "final" },
    void: { type: "final", entry: "discard" },
  },
});
