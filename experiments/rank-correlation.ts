/** Whether two series rise and fall together, whatever their scales: rank correlations. */
import { mean } from "./statistics/summary.ts";

/** Ranks from 1 on; equal values share the mean of theirs. */
const ranksOf = (values: readonly number[]): number[] => {
  const order = values
    .map((_, index) => index)
    .toSorted((left, right) => (values[left] ?? 0) - (values[right] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1;
    for (const index of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
};

/** Spearman's ρ, in [-1, 1]; undefined if a series is shorter than two or does not vary. */
export const rankCorrelation = (first: readonly number[], second: readonly number[]): number | undefined => {
  const [left, right] = [ranksOf(first), ranksOf(second)];
  const [leftMean, rightMean] = [mean(left), mean(right)];
  const products = (one: readonly number[], oneMean: number, other: readonly number[], otherMean: number) =>
    one.reduce((sum, value, index) => sum + (value - oneMean) * ((other[index] ?? 0) - otherMean), 0);
  const spread = Math.sqrt(
    products(left, leftMean, left, leftMean) * products(right, rightMean, right, rightMean),
  );
  return spread === 0 ? undefined : products(left, leftMean, right, rightMean) / spread;
};

/** Kendall's τ: pairs in the same order less pairs in the opposite one, of all pairs; ties count for neither. */
export const kendallTau = (first: readonly number[], second: readonly number[]): number | undefined => {
  const signs = first.flatMap((value, index) =>
    first
      .slice(index + 1)
      .map((other, place) =>
        Math.sign((other - value) * ((second[index + 1 + place] ?? 0) - (second[index] ?? 0))),
      ),
  );
  return signs.length === 0 ? undefined : signs.reduce((sum, sign) => sum + sign, 0) / signs.length;
};
