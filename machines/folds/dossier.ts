/** How a question's dossier grows: pure functions from what was said to what is decided. */
import type { Ballot, Dossier, Duel, Pair, Solution, Verdict } from "../../runtime/messages.ts";
import { latest } from "./latest.ts";
import { pairId } from "./pairs.ts";

/** The parts of a dossier that are filled by what is said. */
export const nothingSaid = () => ({
  solutions: [],
  withheld: [],
  verdicts: [],
  verified: [],
  ballots: [],
  duels: [],
});

const verdictsBySolution = latest((verdicts: readonly Verdict[]) =>
  Map.groupBy(verdicts, ({ solutionId }) => solutionId),
);
const ballotsByPair = latest((ballots: readonly Ballot[]) => Map.groupBy(ballots, ({ pair }) => pair));
const ballotsByVoter = latest((ballots: readonly Ballot[]) => Map.groupBy(ballots, ({ voter }) => voter));
const pairsById = latest(
  (pairs: readonly Pair[]) => new Map(pairs.map((pair) => [pair.pair, pair] as const)),
);

const solutionsById = latest(
  (solutions: readonly Solution[]) =>
    new Map(solutions.map((solution) => [solution.solutionId, solution] as const)),
);

const allPairs = latest((verified: readonly string[]): readonly Pair[] =>
  verified.flatMap((first, index) =>
    verified.slice(index + 1).map((second) => ({ pair: pairId(first, second), first, second })),
  ),
);

/** The pairs that the question has scheduled; without a schedule every pair of verified solutions (the paper). */
export const pairsOf = ({ pairs, verified }: Pick<Dossier, "pairs" | "verified">): readonly Pair[] =>
  pairs ?? allPairs(verified);

/** Members that have neither offered nor withheld a solution yet. */
export const silentSolvers = ({ group, solutions, withheld }: Dossier): string[] => {
  const heard = new Set([...solutions, ...withheld].map(({ author }) => author));
  return group.filter((member) => !heard.has(member));
};

/** A solver counts once: a second solution, one after an abstention or one under a taken id changes nothing. */
export const withSolution = (dossier: Dossier, offered: Solution): Dossier => {
  const taken = dossier.solutions.some(({ solutionId }) => solutionId === offered.solutionId);
  return !taken && silentSolvers(dossier).includes(offered.author)
    ? { ...dossier, solutions: [...dossier.solutions, offered] }
    : dossier;
};

/** `taught`: whether the lot gave it examples, where its author says so. */
export const withWithheld = (dossier: Dossier, author: string, cause: string, taught?: boolean): Dossier => {
  if (!silentSolvers(dossier).includes(author)) return dossier;
  const withheld = { author, cause, ...(taught === undefined ? {} : { taught }) };
  return { ...dossier, withheld: [...dossier.withheld, withheld] };
};

/** Who may verify: the group, and the judges beside it. */
export const judgingIn = ({ group, judges }: Pick<Dossier, "group" | "judges">): readonly string[] =>
  judges === undefined ? group : [...group, ...judges];

/** Whose consent a solution needs, as far as they have been asked: all but its author and the absent, or a panel. */
export const peersOf = (dossier: Dossier, { author, verifiers }: Solution): string[] =>
  (verifiers ?? judgingIn(dossier)).filter(
    (member) => member !== author && !dossier.absent?.includes(member),
  );

/** The absent are not waited for from now on; what they say all the same is heard. */
export const withAbsent = (dossier: Dossier, member: string): Dossier => {
  const { absent = [] } = dossier;
  const isNew = judgingIn(dossier).includes(member) && !absent.includes(member);
  return isNew ? { ...dossier, absent: [...absent, member] } : dossier;
};

const isAsked = ({ author, verifiers }: Solution, verifier: string): boolean =>
  verifier !== author && (verifiers === undefined || verifiers.includes(verifier));

/** A verdict of the author, or of a peer that was not asked, is none, even where it overtook the solution. */
const verdictsOn = ({ verdicts }: Dossier, solution: Solution): Verdict[] =>
  (verdictsBySolution(verdicts).get(solution.solutionId) ?? []).filter(({ verifier }) =>
    isAsked(solution, verifier),
  );

export const silentVerifiers = (dossier: Dossier, solution: Solution): string[] => {
  const heard = new Set(verdictsOn(dossier, solution).map(({ verifier }) => verifier));
  return peersOf(dossier, solution).filter((peer) => !heard.has(peer));
};

/**
 * Only peers are heard, each once per solution; verdicts may overtake the solution they are about. Once a solution
 * counts as verified, an absent peer's word comes too late.
 */
export const withVerdicts = (dossier: Dossier, given: readonly Verdict[]): Dossier => {
  const { verdicts, verified } = dossier;
  const members = new Set(judgingIn(dossier));
  const solutions = solutionsById(dossier.solutions);
  const known = verdictsBySolution(verdicts);
  const heard = new Map<string, Set<string>>();
  const isFirst = ({ solutionId, verifier }: Verdict): boolean => {
    const own = heard.get(solutionId) ?? new Set(known.get(solutionId)?.map((other) => other.verifier));
    heard.set(solutionId, own);
    return !own.has(verifier) && own.add(verifier) !== undefined;
  };
  const isPeers = ({ solutionId, verifier }: Verdict): boolean => {
    const solution = solutions.get(solutionId);
    if (!members.has(verifier) || verified.includes(solutionId)) return false;
    return solution === undefined || isAsked(solution, verifier);
  };
  const fresh = given.filter((verdict) => isPeers(verdict) && isFirst(verdict));
  return fresh.length === 0 ? dossier : { ...dossier, verdicts: [...verdicts, ...fresh] };
};

/** Without verdicts on what nobody offered in the end, on the verifier's own work, or by somebody not asked. */
export const withoutStrays = (dossier: Dossier): Dossier => ({
  ...dossier,
  verdicts: dossier.verdicts.filter(({ solutionId, verifier }) => {
    const solution = solutionIn(dossier, solutionId);
    return solution !== undefined && isAsked(solution, verifier);
  }),
});

/** The first refusal settles a solution; otherwise, and where it is audited, every peer has to speak. */
export const isDecided = (dossier: Dossier, solution: Solution): boolean =>
  (!solution.audited && verdictsOn(dossier, solution).some(({ verdict }) => verdict === "refuse")) ||
  silentVerifiers(dossier, solution).length === 0;

/** Every peer that was asked and is there has accepted, and nobody has refused. */
export const haveAccepted = (dossier: Dossier, solution: Solution): boolean => {
  const given = verdictsOn(dossier, solution);
  const hasAccepted = (peer: string) =>
    given.some(({ verifier, verdict }) => verifier === peer && verdict === "accept");
  return peersOf(dossier, solution).every(hasAccepted) && !given.some(({ verdict }) => verdict === "refuse");
};

/** Unanimous consensus: every peer has accepted and nobody refused. An abstention leaves a solution unverified. */
export const isUnanimous = (dossier: Dossier, solution: Solution): boolean =>
  peersOf(dossier, solution).length > 0 && haveAccepted(dossier, solution);

export const verifiedSolutions = ({ solutions, verified }: Dossier): Solution[] =>
  solutions.filter(({ solutionId }) => verified.includes(solutionId));

const solutionIn = ({ solutions }: Dossier, id: string): Solution | undefined =>
  solutionsById(solutions).get(id);

export const authorOf = (dossier: Dossier, id: string): string | undefined => solutionIn(dossier, id)?.author;

export const votersIn = ({ group, voters = group }: Dossier): readonly string[] => voters;

export const ballotsFor = ({ ballots }: Pick<Dossier, "ballots">, pair: string): readonly Ballot[] =>
  ballotsByPair(ballots).get(pair) ?? [];

export const silentVoters = (dossier: Dossier, { pair }: Pair): string[] => {
  const heard = new Set(ballotsFor(dossier, pair).map(({ voter }) => voter));
  return votersIn(dossier).filter((member) => !heard.has(member));
};

/** Members vote once per pair, and only for one of its two solutions. */
export const withBallots = (dossier: Dossier, cast: readonly Ballot[]): Dossier => {
  const { ballots } = dossier;
  const voters = votersIn(dossier);
  const pairs = pairsById(pairsOf(dossier));
  const known = ballotsByVoter(ballots);
  const heard = new Map<string, Set<string>>();
  const isFirst = ({ voter, pair }: Ballot): boolean => {
    const own = heard.get(voter) ?? new Set(known.get(voter)?.map((cast) => cast.pair));
    heard.set(voter, own);
    return !own.has(pair) && own.add(pair) !== undefined;
  };
  const isFair = ({ voter, pair: id, choice }: Ballot): boolean => {
    const pair = pairs.get(id);
    if (pair === undefined || !voters.includes(voter)) return false;
    return choice === undefined || choice === pair.first || choice === pair.second;
  };
  const fresh = cast.filter((ballot) => isFair(ballot) && isFirst(ballot));
  return fresh.length === 0 ? dossier : { ...dossier, ballots: [...ballots, ...fresh] };
};

/** Members with a ballot missing. Counting is enough: each member's one ballot per pair is kept, and no other. */
export const owingBallots = (dossier: Dossier): string[] => {
  const pairs = pairsOf(dossier).length;
  const cast = ballotsByVoter(dossier.ballots);
  return votersIn(dossier).filter((member) => (cast.get(member)?.length ?? 0) < pairs);
};

export const isPolled = (dossier: Dossier): boolean => owingBallots(dossier).length === 0;

/** The majority decides a pair; a tie is a draw; a pair nobody voted on is no duel at all. */
export const duelOf = (dossier: Dossier, { pair, first, second }: Pair): Duel | undefined => {
  const cast = ballotsFor(dossier, pair);
  const votesFor = (solutionId: string) => cast.filter(({ choice }) => choice === solutionId).length;
  const [forFirst, forSecond] = [votesFor(first), votesFor(second)];
  if (forFirst + forSecond === 0) return undefined;
  const outcome = forFirst === forSecond ? "draw" : forFirst > forSecond ? "first" : "second";
  return { first, second, outcome };
};

/** Votes for a solution, and all votes cast in its pairs. */
export const votesOf = (
  dossier: Dossier,
  solutionId: string,
): { readonly given: number; readonly cast: number } => {
  const pairs = pairsOf(dossier).filter(({ first, second }) => first === solutionId || second === solutionId);
  const names = new Set(pairs.map(({ pair }) => pair));
  const cast = dossier.ballots.filter(({ pair, choice }) => names.has(pair) && choice !== undefined);
  return { given: cast.filter(({ choice }) => choice === solutionId).length, cast: cast.length };
};
