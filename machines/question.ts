/**
 * A question's life, run by the model that posed it:
 * posed → solving → verifying → (remarking →) voting → explaining → closing → settled | void.
 *
 * 1. Every phase has a deadline: whoever is silent then, or has left, counts as abstaining. So does who is silent
 *    when at least half of the group are done and the patience with it, learned from its own times, is over.
 * 2. Solutions are checked as they arrive; `verifying` only waits for what is still undecided.
 * 3. Whatever anybody says out of turn, twice or from outside the group changes nothing (dossier.ts).
 * 4. A member that lapses is excused from what it owes: consensus is that of the others. One that leaves abstains.
 * 5. A question ends with exactly one of `question.closed` and `question.voided`. The dossier is closed again, the
 *    same, until the question hears that it is settled: the referee rates it once however often it comes.
 * 6. Agents that remark are waited for between verification and vote, where there are any and something to remark on:
 *    until all have said that they have finished, have left, or have been waited for long enough.
 */
import { assign, setup } from "xstate";
import type { Dossier, Draft, Message, Solution } from "../runtime/messages.ts";
import {
  duelOf,
  isDecided,
  isPolled,
  isUnanimous,
  pairsOf,
  silentSolvers,
  winnerOf,
  withAbsent,
  withBallot,
  withSolution,
  withVerdict,
  withWithheld,
} from "./folds/dossier.ts";
import { type Paces, paceKey, patienceOf, withPace } from "./folds/patience.ts";
import { withRemark } from "./folds/remarks.ts";
import { type Asking, excused, silentIn, winningAuthor, withoutMember } from "./folds/silence.ts";
import {
  ballotDraft,
  closedDraft,
  electedDrafts,
  invitedDraft,
  posedDraft,
  voidedDraft,
} from "./question-drafts.ts";
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
  /** Agents, of the group or not, that remark before the vote. Default: none. */
  readonly remarkers?: readonly string[];
  /** Why the question must not be asked: malformed, duplicate or contaminated. */
  readonly flaw?: string;
}

interface Context {
  readonly dossier: Dossier;
  readonly settings: Settings;
  readonly flaw: string | undefined;
  /** Members that left or lapsed: nobody waits for them, whatever they come to owe. */
  readonly gone: readonly string[];
  /** Those that may still remark before the vote. */
  readonly remarkers: readonly string[];
  readonly paces: Paces;
  readonly timing: Timing;
  /** Who was waited for when the patience began that runs now. */
  readonly awaited: { readonly asking: Asking; readonly members: readonly string[] };
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
  remarkers: _remarkers,
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

/** Solutions that count, as far as the verdicts go. */
const consensusOf = ({ dossier, settings }: Context): Solution[] =>
  settings.validVote
    ? dossier.solutions.filter((solution) => isUnanimous(dossier, solution))
    : dossier.solutions;

const areDecided = ({ dossier, settings }: Context): boolean =>
  !settings.validVote || dossier.solutions.every((solution) => isDecided(dossier, solution));

const awaitedRemarkers = ({ remarkers, gone }: Context): string[] =>
  remarkers.filter((remarker) => !gone.includes(remarker));

const awaitedPatience = ({ awaited, paces, settings }: Context): number =>
  patienceOf(paces, awaited.asking, awaited.members, settings);

/** Who is passed over has taken this long at least. */
const outwaitedTiming = (context: Context, members: readonly string[]): Timing => {
  const { timing, awaited } = context;
  const keys = members.map((member) => paceKey(member, awaited.asking));
  const took = keys.reduce((paces, key) => withPace(paces, key, awaitedPatience(context)), timing.took);
  return { ...timing, took };
};

const base = setup({
  types: { context: {} as Context, input: {} as QuestionInput, events: {} as Message },
  actions: {
    publish: (_, _drafts: readonly Draft[]) => {},
  },
  delays: {
    deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000,
    patience: ({ context }) => awaitedPatience(context) * 1000,
    hearing: ({ context }) => context.settings.remarkSeconds * 1000,
    handOver: ({ context }) => (context.settings.phaseTimeoutSeconds * 1000) / handOvers,
  },
});

/** Publishes what a question says of itself at some point of its life. */
const saying = (drafts: (context: Context) => readonly Draft[]) =>
  base.enqueueActions(({ context, enqueue }) => enqueue({ type: "publish", params: drafts(context) }));

const stateless = base.extend({
  guards: {
    isFlawed: ({ context }) => context.flaw !== undefined,
    allSolved: ({ context }) => silentSolvers(context.dossier).length === 0,
    noneSolved: ({ context }) => context.dossier.solutions.length === 0,
    allDecided: ({ context }) => areDecided(context),
    canBeRemarkedOn: ({ context }) =>
      areDecided(context) && awaitedRemarkers(context).length > 0 && consensusOf(context).length > 0,
    allRemarked: ({ context }) => awaitedRemarkers(context).length === 0,
    isContested: ({ context: { dossier, settings } }) => settings.qualityVote && dossier.verified.length > 1,
    allVoted: ({ context }) => isPolled(context.dossier),
    /** Explanations are read in the elite history: without it they would be paid for in vain. */
    mustExplain: ({ context: { dossier, settings, gone } }) => {
      const winner = winningAuthor(dossier);
      return settings.explanation && settings.eliteIcl && winner !== undefined && !gone.includes(winner);
    },
    mostAreDone: ({ context: { dossier } }, asking: Asking) => {
      const silent = silentIn(dossier, asking).length;
      return silent > 0 && silent * 2 <= dossier.group.length;
    },
    fewerAreSilent: ({ context: { dossier, awaited } }) => {
      const silent = silentIn(dossier, awaited.asking).length;
      return silent > 0 && silent < awaited.members.length;
    },
    byWinner: ({ context: { dossier }, event }) => {
      const winner = winningAuthor(dossier);
      if (event.type === "explanation.given") return event.given.author === winner;
      if (event.type === "explanation.withheld") return event.author === winner;
      return isLeaving(event) && event.agent === winner;
    },
  },
  actions: {
    announce: saying(({ dossier }) => [posedDraft(dossier)]),
    inviteRemarks: saying((context) => [invitedDraft(context.dossier, awaitedRemarkers(context))]),
    openBallot: saying(({ dossier }) => [ballotDraft(dossier)]),
    askWinner: saying(({ dossier }) => electedDrafts(dossier)),
    close: saying(({ dossier, timing }) => [closedDraft(dossier, timing.took)]),
    discard: saying(({ dossier, flaw }) => [voidedDraft(dossier, flaw)]),
    listen: assign(({ context, event }) => listened(context, event)),
    keepRemark: assign(({ context: { dossier }, event }, isLate: boolean) =>
      event.type === "remark.made" ? { dossier: withRemark(dossier, event, isLate) } : {},
    ),
    hearOut: assign(({ context: { remarkers }, event }) => ({
      remarkers: remarkers.filter((remarker) => remarker !== event.from),
    })),
    awaitSilent: assign(({ context: { dossier } }, asking: Asking) => ({
      awaited: { asking, members: silentIn(dossier, asking) },
    })),
    excuse: assign(({ context: { dossier } }, asking: Asking) => ({
      dossier: excused(dossier, asking, silentIn(dossier, asking), late),
    })),
    passOver: assign(({ context }) => {
      const { dossier, awaited } = context;
      const silent = silentIn(dossier, awaited.asking);
      return {
        dossier: excused(dossier, awaited.asking, silent, outwaited),
        timing: outwaitedTiming(context, silent),
      };
    }),
    countConsensus: assign(({ context }) => {
      const { dossier, gone } = context;
      const verified = consensusOf(context).map(({ solution }) => solution);
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

/** What is remarked from the vote on is kept, and did not decide it. */
const lateRemarks = { "remark.made": { actions: { type: "keepRemark", params: true } } } as const;

/** Patience begins when most are done, and anew whenever one more of them is. */
const waning = <const A extends Asking>(asking: A) =>
  ({
    early: { always: { guard: { type: "mostAreDone", params: asking }, target: "lingering" } },
    lingering: {
      entry: { type: "awaitSilent", params: asking },
      always: { guard: "fewerAreSilent", target: "lingering", reenter: true },
      after: { patience: { actions: "passOver" } },
    },
  }) as const;

export const questionMachine = stateless.createMachine({
  id: "question",
  context: ({ input }) => ({
    dossier: emptyDossier(input),
    settings: input.settings,
    flaw: input.flaw,
    gone: [],
    remarkers: input.remarkers ?? [],
    paces: input.paces,
    timing: noTiming,
    awaited: { asking: "solve", members: [] },
  }),
  initial: "posed",
  on: {
    "question.posed": { actions: "listen" },
    "ballot.opened": { actions: "listen" },
    "winner.elected": { actions: "listen" },
    "solution.offered": { actions: "listen" },
    "solution.withheld": { actions: "listen" },
    "verdict.given": { actions: "listen" },
    "ballot.cast": { actions: "listen" },
    "remark.made": { actions: { type: "keepRemark", params: false } },
    "remarks.finished": { actions: "hearOut" },
    "agent.left": { actions: "listen" },
    "agent.lapsed": { actions: "listen" },
  },
  states: {
    posed: {
      always: [
        { guard: "isFlawed", target: "void" },
        { target: "solving", actions: "announce" },
      ],
    },
    solving: {
      always: [{ guard: "allSolved", target: "verifying" }],
      after: { deadline: { target: "verifying", actions: { type: "excuse", params: "solve" } } },
      initial: "early",
      states: waning("solve"),
    },
    verifying: {
      always: [
        { guard: "noneSolved", target: "void" },
        { guard: "canBeRemarkedOn", target: "remarking", actions: "countConsensus" },
        { guard: "allDecided", target: "voting", actions: "countConsensus" },
      ],
      after: { deadline: { actions: { type: "excuse", params: "verify" } } },
      initial: "early",
      states: waning("verify"),
    },
    remarking: {
      entry: "inviteRemarks",
      always: { guard: "allRemarked", target: "voting" },
      after: { hearing: "voting" },
    },
    voting: {
      initial: "opening",
      on: lateRemarks,
      states: {
        opening: {
          always: [{ guard: "isContested", target: "polling", actions: "openBallot" }, { target: "counted" }],
        },
        polling: {
          always: { guard: "allVoted", target: "counted" },
          after: { deadline: { actions: { type: "excuse", params: "vote" } } },
          initial: "early",
          states: waning("vote"),
        },
        counted: { type: "final", entry: "countVotes" },
      },
      onDone: [{ guard: "mustExplain", target: "explaining" }, { target: "closing" }],
    },
    explaining: {
      entry: ["askWinner", { type: "awaitSilent", params: "explain" }],
      on: {
        ...lateRemarks,
        "explanation.given": { guard: "byWinner", target: "closing", actions: ["listen", "keepExplanation"] },
        "explanation.withheld": { guard: "byWinner", target: "closing" },
        "agent.left": [{ guard: "byWinner", target: "closing", actions: "listen" }, { actions: "listen" }],
        "agent.lapsed": [{ guard: "byWinner", target: "closing", actions: "listen" }, { actions: "listen" }],
      },
      after: { deadline: "closing", patience: { target: "closing", actions: "passOver" } },
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
