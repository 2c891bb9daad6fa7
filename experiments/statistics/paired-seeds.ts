/** The difference between two arms of an experiment, paired by seed. */
import type { Interval } from "../intervals.ts";
import { type Pair, pairedBootstrap, type Values } from "./bootstrap.ts";
import { type Permutation, signFlipTest } from "./permutation.ts";
import { studentQuantile } from "./student.ts";
import { deviation, mean } from "./summary.ts";

export type BySeed = ReadonlyMap<number, Values>;

export interface PairedSeeds {
  /** Seeds that both arms have. */
  readonly seeds: readonly number[];
  /** Mean over those seeds of the second arm less the first. */
  readonly difference: number;
  /** Of the seeds' differences; undefined for one seed. */
  readonly sd: number | undefined;
  /**
   * 95 % over seeds, by Student's t; undefined for one seed. Where seeds share problems it holds for these alone: that
   * others could have been asked is in no difference between seeds.
   */
  readonly interval: Interval | undefined;
  /** 95 % over seeds and problems, by the bootstrap. */
  readonly bootstrap: Interval | undefined;
  /** Over seeds, and like Student's interval for the problems that they share. */
  readonly permutation: Permutation | undefined;
}

/** 95 % interval of the mean by Student's t; undefined for fewer than two values. */
export const studentInterval = (values: readonly number[]): Interval | undefined => {
  const sd = deviation(values);
  if (sd === undefined) return undefined;
  const reach = (studentQuantile(0.975, values.length - 1) * sd) / Math.sqrt(values.length);
  return { low: mean(values) - reach, high: mean(values) + reach };
};

const meanOf = (values: Values): number => mean([...values.values()]);

/** Undefined if the arms share no seed with values. */
export const pairedSeeds = (first: BySeed, second: BySeed): PairedSeeds | undefined => {
  const pairs = new Map<number, Pair>();
  for (const [seed, values] of first) {
    const others = second.get(seed);
    if (others !== undefined && values.size > 0 && others.size > 0)
      pairs.set(seed, { first: values, second: others });
  }
  if (pairs.size === 0) return undefined;
  const bySeed = [...pairs.values()];
  const differences = bySeed.map((pair) => meanOf(pair.second) - meanOf(pair.first));
  return {
    seeds: [...pairs.keys()],
    difference: mean(differences),
    sd: deviation(differences),
    interval: studentInterval(differences),
    bootstrap: pairedBootstrap(bySeed),
    permutation: signFlipTest(differences),
  };
};
