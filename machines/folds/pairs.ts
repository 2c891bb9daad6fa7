/**
 * Which solutions of a question are compared: every pair once (the paper), or the pairs that say most about the
 * ratings of their authors.
 */
import type { Dossier, Pair, Rating, Solution } from "../../runtime/messages.ts";
import { latest } from "./latest.ts";

export const pairId = (first: string, second: string): string => `${first}|${second}`;

const allPairs = latest((verified: readonly string[]): readonly Pair[] =>
  verified.flatMap((first, index) =>
    verified.slice(index + 1).map((second) => ({ pair: pairId(first, second), first, second })),
  ),
);

/** The pairs that the question has scheduled; all of them where it has not. */
export const pairsOf = ({ pairs, verified }: Pick<Dossier, "pairs" | "verified">): readonly Pair[] =>
  pairs ?? allPairs(verified);

type Ratings = Readonly<Record<string, Rating>>;

/** σ of a member that has not been rated yet, relative to a rated one's: nothing says more than a first duel. */
const unrated: Rating = { mu: 25, sigma: 25 / 3 };
/** Standard deviation of a performance, as in TrueSkill. */
const beta = 25 / 6;

/** How uncertain the outcome is and how much there is to learn: match quality times the share of variance. */
const informationOf = (first: Rating, second: Rating): number => {
  const doubt = first.sigma ** 2 + second.sigma ** 2;
  const variance = doubt + 2 * beta ** 2;
  return (doubt / variance) * Math.exp(-((first.mu - second.mu) ** 2) / (2 * variance));
};

/** At most `count` pairs: those that say most, each solution once before any stands in its second pair, and so on. */
export const scheduledPairs = (
  { solutions, verified }: Pick<Dossier, "solutions" | "verified">,
  ratings: Ratings,
  count: number,
): Pair[] => {
  const authors = new Map(solutions.map(({ solutionId, author }: Solution) => [solutionId, author] as const));
  const ratingOf = (solutionId: string): Rating => ratings[authors.get(solutionId) ?? ""] ?? unrated;
  const ranked = allPairs(verified)
    .map((pair) => ({ pair, information: informationOf(ratingOf(pair.first), ratingOf(pair.second)) }))
    .toSorted((left, right) => right.information - left.information)
    .map(({ pair }) => pair);
  const chosen: Pair[] = [];
  const shown = new Map<string, number>();
  const timesShown = ({ first, second }: Pair): number => (shown.get(first) ?? 0) + (shown.get(second) ?? 0);
  while (chosen.length < count && ranked.length > 0) {
    const fewest = Math.min(...ranked.map(timesShown));
    const [next] = ranked.splice(
      ranked.findIndex((pair) => timesShown(pair) === fewest),
      1,
    );
    if (next === undefined) break;
    chosen.push(next);
    for (const id of [next.first, next.second]) shown.set(id, (shown.get(id) ?? 0) + 1);
  }
  return chosen;
};
