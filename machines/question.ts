/**
 * A question's life, run by the model that posed it:
 * posed → solving → verifying → voting → explaining → settled | void.
 *
 * 1. Every phase has a deadline: whoever is silent then, or has left, counts as abstaining.
 * 2. Solutions are checked as they arrive; `verifying` only waits for what is still undecided.
 * 3. Whatever anybody says out of turn, twice or from outside the group changes nothing (dossier.ts).
 * 4. A member that lapses is excused from what it owes: consensus is that of the others. One that leaves abstains.
 * 5. A question ends with exactly one of `question.closed` and `question.voided`.
 */
import { assign, setup } from "xstate";
import type { Dossier, Draft, Message } from "../runtime/messages.ts";
import {
  duelOf,
  isDecided,
  isPolled,
  isUnanimous,
  pairsOf,
  silentSolvers,
  silentVerifiers,
  silentVoters,
  verifiedSolutions,
  winnerOf,
  withAbsent,
  withBallot,
  withoutStrays,
  withSolution,
  withVerdict,
  withWithheld,
} from "./dossier.ts";
import type { Settings } from "./settings.ts";

export interface QuestionInput {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  readonly adapter: number;
  readonly difficulty: number;
  readonly text: string;
  readonly group: readonly string[];
  readonly settings: Settings;
  readonly openedAt: number;
  /** Why the question must not be asked: malformed, duplicate or contaminated. */
  readonly flaw?: string;
}

interface Context {
  readonly dossier: Dossier;
  readonly settings: Settings;
  readonly flaw: string | undefined;
  /** Members that left or lapsed: nobody waits for them, whatever they come to owe. */
  readonly gone: readonly string[];
}

const late = "silent until the deadline";

const emptyDossier = ({ group, settings: _settings, flaw: _flaw, ...posed }: QuestionInput): Dossier => ({
  ...posed,
  group: [...group],
  solutions: [],
  withheld: [],
  verdicts: [],
  verified: [],
  ballots: [],
  duels: [],
});

const withLateVerifiers = (dossier: Dossier): Dossier => {
  const missing = dossier.solutions
    .filter((solution) => !isDecided(dossier, solution))
    .flatMap((solution) =>
      silentVerifiers(dossier, solution).map((verifier) => ({
        solution: solution.solution,
        verifier,
        adapter: 0,
        verdict: "abstain" as const,
        text: late,
      })),
    );
  return { ...dossier, verdicts: [...dossier.verdicts, ...missing] };
};

const withLateVoters = (dossier: Dossier): Dossier => {
  const missing = pairsOf(dossier).flatMap((pair) =>
    silentVoters(dossier, pair).map((voter) => ({ pair: pair.pair, voter, adapter: 0, text: late })),
  );
  return { ...dossier, ballots: [...dossier.ballots, ...missing] };
};

/** A member that is gone is silent in everything it still owes; an absent one owes no verdicts. */
const withoutMember = (dossier: Dossier, member: string): Dossier => {
  const text = dossier.absent?.includes(member) ? "absent" : "left the group";
  const heard = withWithheld(dossier, member, text);
  const owed = heard.solutions.filter((solution) => silentVerifiers(heard, solution).includes(member));
  const abstain = { verifier: member, adapter: 0, verdict: "abstain" as const, text };
  const verdicts = owed.map(({ solution }) => ({ solution, ...abstain }));
  const pairs = pairsOf(heard).filter((pair) => silentVoters(heard, pair).includes(member));
  const ballots = pairs.map(({ pair }) => ({ pair, voter: member, adapter: 0, text }));
  return {
    ...heard,
    verdicts: [...heard.verdicts, ...verdicts],
    ballots: [...heard.ballots, ...ballots],
  };
};

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
const listened = ({ dossier, gone: before }: Context, event: Message): Pick<Context, "dossier" | "gone"> => {
  const gone = isLeaving(event) && !before.includes(event.agent) ? [...before, event.agent] : before;
  return { gone, dossier: gone.reduce(withoutMember, fold(dossier, event)) };
};

const winnersName = ({ solutions, winner }: Dossier): string | undefined =>
  solutions.find(({ solution }) => solution === winner)?.author;

const posedDraft = ({ question, round, author, adapter, difficulty, text, group }: Dossier): Draft => ({
  type: "question.posed",
  ...{ question, round, author, adapter, difficulty, text, group },
});

const voidedDraft = ({ question, round, author, adapter, text }: Dossier, reason: string): Draft => ({
  type: "question.voided",
  ...{ question, round, author, adapter, text, reason },
});

const ballotDraft = (dossier: Dossier): Draft => ({
  type: "ballot.opened",
  question: dossier.question,
  text: dossier.text,
  pairs: pairsOf(dossier),
  solutions: verifiedSolutions(dossier).map(({ solution, text }) => ({ solution, text })),
});

const base = setup({
  types: { context: {} as Context, input: {} as QuestionInput, events: {} as Message },
  actions: {
    publish: (_, _drafts: readonly Draft[]) => {},
  },
  delays: { deadline: ({ context }) => context.settings.phaseTimeoutSeconds * 1000 },
});

const announce = base.enqueueActions(({ context, enqueue }) =>
  enqueue({ type: "publish", params: [posedDraft(context.dossier)] }),
);

const openBallot = base.enqueueActions(({ context, enqueue }) =>
  enqueue({ type: "publish", params: [ballotDraft(context.dossier)] }),
);

const askWinner = base.enqueueActions(({ context: { dossier }, enqueue }) => {
  const winner = dossier.solutions.find(({ solution }) => solution === dossier.winner);
  if (winner === undefined) return;
  const { question, text } = dossier;
  enqueue({ type: "publish", params: [{ type: "winner.elected", question, text, winner }] });
});

const close = base.enqueueActions(({ context: { dossier }, enqueue }) =>
  enqueue({ type: "publish", params: [{ type: "question.closed", dossier: withoutStrays(dossier) }] }),
);

const discard = base.enqueueActions(({ context: { dossier, flaw }, enqueue }) => {
  const causes = dossier.withheld.map(({ author, cause }) => `${author}: ${cause}`).join("; ");
  enqueue({
    type: "publish",
    params: [voidedDraft(dossier, flaw ?? `nobody offered a solution (${causes})`)],
  });
});

const stateless = base.extend({
  guards: {
    isFlawed: ({ context }) => context.flaw !== undefined,
    allSolved: ({ context }) => silentSolvers(context.dossier).length === 0,
    noneSolved: ({ context }) => context.dossier.solutions.length === 0,
    allDecided: ({ context: { dossier, settings } }) =>
      !settings.validVote || dossier.solutions.every((solution) => isDecided(dossier, solution)),
    isContested: ({ context: { dossier, settings } }) => settings.qualityVote && dossier.verified.length > 1,
    allVoted: ({ context }) => isPolled(context.dossier),
    /** Explanations are read in the elite history: without it they would be paid for in vain. */
    mustExplain: ({ context: { dossier, settings, gone } }) => {
      const winner = winnersName(dossier);
      return settings.explanation && settings.eliteIcl && winner !== undefined && !gone.includes(winner);
    },
    byWinner: ({ context: { dossier }, event }) => {
      const winner = winnersName(dossier);
      if (event.type === "explanation.given") return event.given.author === winner;
      if (event.type === "explanation.withheld") return event.author === winner;
      return isLeaving(event) && event.agent === winner;
    },
  },
  actions: {
    announce,
    openBallot,
    askWinner,
    close,
    discard,
    listen: assign(({ context, event }) => listened(context, event)),
    excuseSolvers: assign(({ context: { dossier } }) => ({
      dossier: silentSolvers(dossier).reduce((kept, author) => withWithheld(kept, author, late), dossier),
    })),
    excuseVerifiers: assign(({ context }) => ({ dossier: withLateVerifiers(context.dossier) })),
    excuseVoters: assign(({ context }) => ({ dossier: withLateVoters(context.dossier) })),
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

export const questionMachine = stateless.createMachine({
  id: "question",
  context: ({ input }) => ({
    dossier: emptyDossier(input),
    settings: input.settings,
    flaw: input.flaw,
    gone: [],
  }),
  initial: "posed",
  on: {
    "solution.offered": { actions: "listen" },
    "solution.withheld": { actions: "listen" },
    "verdict.given": { actions: "listen" },
    "ballot.cast": { actions: "listen" },
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
      after: { deadline: { target: "verifying", actions: "excuseSolvers" } },
    },
    verifying: {
      always: [
        { guard: "noneSolved", target: "void" },
        { guard: "allDecided", target: "voting", actions: "countConsensus" },
      ],
      after: { deadline: { actions: "excuseVerifiers" } },
    },
    voting: {
      initial: "opening",
      states: {
        opening: {
          always: [{ guard: "isContested", target: "polling", actions: "openBallot" }, { target: "counted" }],
        },
        polling: {
          always: { guard: "allVoted", target: "counted" },
          after: { deadline: { actions: "excuseVoters" } },
        },
        counted: { type: "final", entry: "countVotes" },
      },
      onDone: [{ guard: "mustExplain", target: "explaining" }, { target: "settled" }],
    },
    explaining: {
      entry: "askWinner",
      on: {
        "explanation.given": { guard: "byWinner", target: "settled", actions: "keepExplanation" },
        "explanation.withheld": { guard: "byWinner", target: "settled" },
        "agent.left": [{ guard: "byWinner", target: "settled", actions: "listen" }, { actions: "listen" }],
        "agent.lapsed": [{ guard: "byWinner", target: "settled", actions: "listen" }, { actions: "listen" }],
      },
      after: { deadline: "settled" },
    },
    settled: { type: "final", entry: "close" },
    void: { type: "final", entry: "discard" },
  },
});
