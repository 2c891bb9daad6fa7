/** The pairs of solutions that say most about the ratings of their authors, where not every pair is voted on. */
import type { Dossier, Pair, Rating, Solution } from "../../runtime/messages.ts";

export const pairId = (first: string, second: string): string => `${first}|${second}`;

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

/** Beyond this distance in the order of ratings a duel is as good as decided. */
const reach = 16;

/** Pairs of neighbours in the order of μ, those first that say most. */
const candidates = (verified: readonly string[], ratingOf: (solutionId: string) => Rating): Pair[] => {
  const place = new Map(verified.map((solutionId, index) => [solutionId, index] as const));
  const byRating = verified.toSorted((left, right) => ratingOf(left).mu - ratingOf(right).mu);
  const inOrder = (one: string, other: string): readonly [string, string] =>
    (place.get(one) ?? 0) < (place.get(other) ?? 0) ? [one, other] : [other, one];
  return byRating
    .flatMap((one, index) =>
      byRating.slice(index + 1, index + 1 + reach).map((other) => {
        const [first, second] = inOrder(one, other);
        const information = informationOf(ratingOf(first), ratingOf(second));
        return { information, pair: { pair: pairId(first, second), first, second } };
      }),
    )
    .toSorted((left, right) => right.information - left.information)
    .map(({ pair }) => pair);
};

/** At most `count` pairs, those that say most: no solution stands in more than one before others stand in any. */
export const scheduledPairs = (
  { solutions, verified }: Pick<Dossier, "solutions" | "verified">,
  ratings: Ratings,
  count: number,
): Pair[] => {
  const authors = new Map(solutions.map(({ solutionId, author }: Solution) => [solutionId, author] as const));
  const ranked = candidates(verified, (solutionId) => ratings[authors.get(solutionId) ?? ""] ?? unrated);
  const most = Math.min(count, ranked.length);
  const chosen = new Set<Pair>();
  const shown = new Map<string, number>();
  const timesShown = (solutionId: string): number => shown.get(solutionId) ?? 0;
  /** Pairs whose solutions have been shown so often together at most, one of them less than `turn` times. */
  const chooseAmong = (turn: number, together: number): void => {
    for (const pair of ranked) {
      const [first, second] = [timesShown(pair.first), timesShown(pair.second)];
      if (chosen.size === most || chosen.has(pair)) continue;
      if (Math.min(first, second) >= turn || first + second > together) continue;
      chosen.add(pair);
      shown.set(pair.first, first + 1).set(pair.second, second + 1);
    }
  };
  for (let turn = 1; chosen.size < most; turn += 1) {
    chooseAmong(turn, 2 * (turn - 1));
    chooseAmong(turn, 2 * (turn - 1) + 1);
    chooseAmong(turn, Number.POSITIVE_INFINITY);
  }
  return [...chosen];
};
