/**
 * Bootstrap interval of a mean over seeds and problems: seeds are drawn with replacement, then the problems within each
 * drawn seed (two-stage bootstrap, Davison and Hinkley, Bootstrap Methods, 3.8). The percentile interval of a handful of
 * seeds is too narrow, by about √((n − 1) / n): read it beside Student's interval over seeds.
 */
import { seededRandom } from "../../pocket/corpus/random.ts";
import type { Interval } from "../intervals.ts";
import { mean, quantile } from "./summary.ts";

const draws = 2_000;

/**
 * 95 % interval of the mean of the seeds' means. `seeds`: the values of each seed, one per problem or a single one.
 * Undefined without values.
 */
export const nestedBootstrap = (seeds: readonly (readonly number[])[], seed = 1): Interval | undefined => {
  const filled = seeds.filter((values) => values.length > 0);
  if (filled.length === 0) return undefined;
  const random = seededRandom(seed);
  const drawn = <Item>(items: readonly Item[]): Item[] => items.map(() => random.pick(items));
  const means = Array.from({ length: draws }, () => mean(drawn(filled).map((values) => mean(drawn(values)))));
  means.sort((left, right) => left - right);
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
};
