/** How a question's dossier grows: pure functions from what was said to what is decided. */
import type { Ballot, Dossier, Duel, Pair, Solution, Verdict } from "../../runtime/messages.ts";
import { pickOne } from "../random.ts";
import { grouping } from "./grouping.ts";
import { pairsOf } from "./pairs.ts";

export { pairsOf } from "./pairs.ts";

const verdictsBySolution = grouping(({ solutionId }: Verdict) => solutionId);
const ballotsByPair = grouping(({ pair }: Ballot) => pair);
const ballotsByVoter = grouping(({ voter }: Ballot) => voter);

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

export const withWithheld = (dossier: Dossier, author: string, cause: string): Dossier =>
  silentSolvers(dossier).includes(author)
    ? { ...dossier, withheld: [...dossier.withheld, { author, cause }] }
    : dossier;

/** Whose consent a solution needs: everybody but its author and the absent. */
export const peersOf = ({ group, absent = [] }: Dossier, { author }: Solution): string[] =>
  group.filter((member) => member !== author && !absent.includes(member));

/** The absent are not waited for from now on; what they say all the same is heard. */
export const withAbsent = (dossier: Dossier, member: string): Dossier => {
  const { group, absent = [] } = dossier;
  const isNew = group.includes(member) && !absent.includes(member);
  return isNew ? { ...dossier, absent: [...absent, member] } : dossier;
};

/** An author's verdict on its own solution is none, even where it overtook the solution. */
const verdictsOn = ({ verdicts }: Dossier, { solutionId, author }: Solution): Verdict[] =>
  (verdictsBySolution(verdicts).get(solutionId) ?? []).filter(({ verifier }) => verifier !== author);

export const silentVerifiers = (dossier: Dossier, solution: Solution): string[] => {
  const heard = new Set(verdictsOn(dossier, solution).map(({ verifier }) => verifier));
  return peersOf(dossier, solution).filter((peer) => !heard.has(peer));
};

/**
 * Only peers are heard, each once per solution; verdicts may overtake the solution they are about. Once a solution
 * counts as verified, an absent peer's word comes too late.
 */
export const withVerdicts = (dossier: Dossier, given: readonly Verdict[]): Dossier => {
  const { group, verdicts, verified } = dossier;
  const known = verdictsBySolution(verdicts);
  const isNew = ({ solutionId, verifier }: Verdict, place: number): boolean => {
    const isSame = (other: Verdict) => other.solutionId === solutionId && other.verifier === verifier;
    const isOutsider = !group.includes(verifier) || authorOf(dossier, solutionId) === verifier;
    if (isOutsider || verified.includes(solutionId)) return false;
    return !known.get(solutionId)?.some(isSame) && given.findIndex(isSame) === place;
  };
  const fresh = given.filter(isNew);
  return fresh.length === 0 ? dossier : { ...dossier, verdicts: [...verdicts, ...fresh] };
};

/** Without verdicts on what nobody offered in the end, or on the verifier's own work. */
export const withoutStrays = (dossier: Dossier): Dossier => ({
  ...dossier,
  verdicts: dossier.verdicts.filter(({ solutionId, verifier }) =>
    dossier.solutions.some((offered) => offered.solutionId === solutionId && offered.author !== verifier),
  ),
});

/** The first refusal settles a solution; otherwise every peer has to speak. */
export const isDecided = (dossier: Dossier, solution: Solution): boolean =>
  verdictsOn(dossier, solution).some(({ verdict }) => verdict === "refuse") ||
  silentVerifiers(dossier, solution).length === 0;

/** Unanimous consensus: every peer has accepted and nobody refused. An abstention leaves a solution unverified. */
export const isUnanimous = (dossier: Dossier, solution: Solution): boolean => {
  const given = verdictsOn(dossier, solution);
  const peers = peersOf(dossier, solution);
  const hasAccepted = (peer: string) =>
    given.some(({ verifier, verdict }) => verifier === peer && verdict === "accept");
  return peers.length > 0 && peers.every(hasAccepted) && !given.some(({ verdict }) => verdict === "refuse");
};

export const verifiedSolutions = ({ solutions, verified }: Dossier): Solution[] =>
  solutions.filter(({ solutionId }) => verified.includes(solutionId));

export const authorOf = ({ solutions }: Dossier, id: string): string | undefined =>
  solutions.find(({ solutionId }) => solutionId === id)?.author;

export const ballotsFor = ({ ballots }: Pick<Dossier, "ballots">, pair: string): readonly Ballot[] =>
  ballotsByPair(ballots).get(pair) ?? [];

export const silentVoters = ({ group, ballots }: Dossier, { pair }: Pair): string[] => {
  const heard = new Set(ballotsFor({ ballots }, pair).map(({ voter }) => voter));
  return group.filter((member) => !heard.has(member));
};

/** Members vote once per pair, and only for one of its two solutions. */
export const withBallots = (dossier: Dossier, cast: readonly Ballot[]): Dossier => {
  const { group, ballots } = dossier;
  const pairs = new Map(pairsOf(dossier).map((pair) => [pair.pair, pair] as const));
  const known = ballotsByVoter(ballots);
  const isValid = ({ voter, pair: id, choice }: Ballot): boolean => {
    const pair = pairs.get(id);
    return (
      pair !== undefined && group.includes(voter) && [undefined, pair.first, pair.second].includes(choice)
    );
  };
  const isNew = ({ voter, pair }: Ballot, place: number, valid: readonly Ballot[]): boolean => {
    const isSameVote = (other: Ballot) => other.voter === voter && other.pair === pair;
    return !known.get(voter)?.some(isSameVote) && valid.findIndex(isSameVote) === place;
  };
  const fresh = cast.filter(isValid).filter(isNew);
  return fresh.length === 0 ? dossier : { ...dossier, ballots: [...ballots, ...fresh] };
};

/** Members with a ballot missing. Counting is enough: each member's one ballot per pair is kept, and no other. */
export const owingBallots = ({ group, verified, ballots }: Dossier): string[] => {
  const pairs = (verified.length * (verified.length - 1)) / 2;
  const cast = ballotsByVoter(ballots);
  return group.filter((member) => (cast.get(member)?.length ?? 0) < pairs);
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

const points = (duels: readonly Duel[], solutionId: string): number => {
  const score = ({ first, second, outcome }: Duel) => {
    if (outcome === "draw") return first === solutionId || second === solutionId ? 0.5 : 0;
    return (outcome === "first" ? first : second) === solutionId ? 1 : 0;
  };
  return duels.reduce((sum, duel) => sum + score(duel), 0);
};

/**
 * Most duels won, a draw counting half; among equals, and so where nobody voted, the lot decides: arrival says
 * nothing of quality. A lone verified solution wins unopposed.
 */
export const winnerOf = ({ question, verified, duels }: Dossier, seed: number): string | undefined => {
  const most = Math.max(...verified.map((solutionId) => points(duels, solutionId)));
  const best = verified.filter((solutionId) => points(duels, solutionId) === most);
  return pickOne(best.toSorted(), seed, "winner", question);
};
