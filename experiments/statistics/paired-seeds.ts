/** The difference between two arms of an experiment, paired by seed. */
import type { Interval } from "../intervals.ts";
import { nestedBootstrap } from "./bootstrap.ts";
import { type Permutation, signFlipTest } from "./permutation.ts";
import { studentQuantile } from "./student.ts";
import { deviation, mean } from "./summary.ts";

/** The values of one seed: one per problem, or a single one. */
export type Values = readonly number[];
export type BySeed = ReadonlyMap<number, Values>;

export interface PairedSeeds {
  /** Seeds that both arms have. */
  readonly seeds: readonly number[];
  /** Mean over those seeds of the second arm less the first. */
  readonly difference: number;
  /** Of the seeds' differences; undefined for one seed. */
  readonly sd: number | undefined;
  /** 95 % over seeds, by Student's t; undefined for one seed. */
  readonly interval: Interval | undefined;
  /** 95 % over seeds and problems, by the two-stage bootstrap. */
  readonly bootstrap: Interval | undefined;
  readonly permutation: Permutation | undefined;
}

/** 95 % interval of the mean by Student's t; undefined for fewer than two values. */
export const studentInterval = (values: readonly number[]): Interval | undefined => {
  const sd = deviation(values);
  if (sd === undefined) return undefined;
  const reach = (studentQuantile(0.975, values.length - 1) * sd) / Math.sqrt(values.length);
  return { low: mean(values) - reach, high: mean(values) + reach };
};

/** Problem by problem where both have the same number, else the difference of the means. */
const differencesOf = (first: Values, second: Values): number[] =>
  first.length === second.length
    ? second.map((value, index) => value - (first[index] ?? 0))
    : [mean(second) - mean(first)];

/** Undefined if the arms share no seed with values. */
export const pairedSeeds = (first: BySeed, second: BySeed): PairedSeeds | undefined => {
  const seeds = [...first.keys()].filter(
    (seed) => (first.get(seed)?.length ?? 0) * (second.get(seed)?.length ?? 0) > 0,
  );
  if (seeds.length === 0) return undefined;
  const bySeed = seeds.map((seed) => differencesOf(first.get(seed) ?? [], second.get(seed) ?? []));
  const differences = bySeed.map(mean);
  return {
    seeds,
    difference: mean(differences),
    sd: deviation(differences),
    interval: studentInterval(differences),
    bootstrap: nestedBootstrap(bySeed),
    permutation: signFlipTest(differences),
  };
};
