/** How a question's dossier grows: pure functions from what was said to what is decided. */
import type { Ballot, Dossier, Duel, Pair, Solution, Verdict } from "../../runtime/messages.ts";
import { pickOne } from "../random.ts";
import { pairsOf } from "./pairs.ts";

export { pairsOf } from "./pairs.ts";

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
  verdicts.filter((given) => given.solutionId === solutionId && given.verifier !== author);

export const silentVerifiers = (dossier: Dossier, solution: Solution): string[] => {
  const heard = new Set(verdictsOn(dossier, solution).map(({ verifier }) => verifier));
  return peersOf(dossier, solution).filter((peer) => !heard.has(peer));
};

/**
 * Only peers are heard, each once per solution; verdicts may overtake the solution they are about. Once a solution
 * counts as verified, an absent peer's word comes too late.
 */
export const withVerdict = (dossier: Dossier, given: Verdict): Dossier => {
  const known = dossier.solutions.find(({ solutionId }) => solutionId === given.solutionId);
  const outsider = !dossier.group.includes(given.verifier) || known?.author === given.verifier;
  const repeated = dossier.verdicts.some(
    ({ solutionId, verifier }) => solutionId === given.solutionId && verifier === given.verifier,
  );
  const late = dossier.verified.includes(given.solutionId);
  return outsider || repeated || late ? dossier : { ...dossier, verdicts: [...dossier.verdicts, given] };
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

export const silentVoters = ({ group, ballots }: Dossier, pair: Pair): string[] => {
  const heard = new Set(ballots.filter((cast) => cast.pair === pair.pair).map(({ voter }) => voter));
  return group.filter((member) => !heard.has(member));
};

/** Members vote once per pair, and only for one of its two solutions. */
export const withBallot = (dossier: Dossier, cast: Ballot): Dossier => {
  const { group, ballots } = dossier;
  const repeated = ballots.some(({ voter, pair }) => voter === cast.voter && pair === cast.pair);
  if (repeated || !group.includes(cast.voter)) return dossier;
  const pair = pairsOf(dossier).find((candidate) => candidate.pair === cast.pair);
  const choices = [undefined, pair?.first, pair?.second];
  return pair && choices.includes(cast.choice) ? { ...dossier, ballots: [...ballots, cast] } : dossier;
};

/** Counting is enough: each member's one ballot per pair is kept, and no other. */
export const isPolled = ({ group, verified, ballots }: Dossier): boolean => {
  const pairs = (verified.length * (verified.length - 1)) / 2;
  return ballots.length >= pairs * group.length;
};

/** The majority decides a pair; a tie is a draw; a pair nobody voted on is no duel at all. */
export const duelOf = ({ ballots }: Dossier, { pair, first, second }: Pair): Duel | undefined => {
  const votesFor = (choice: string) =>
    ballots.filter((cast) => cast.pair === pair && cast.choice === choice).length;
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
