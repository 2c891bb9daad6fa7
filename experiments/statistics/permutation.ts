/**
 * The paired permutation test: under the null hypothesis the arms of a pair could be exchanged, so every difference could
 * have the opposite sign. Two-sided, with the mean as its statistic (R. A. Fisher, The Design of Experiments, §21).
 */
import { seededRandom } from "../../pocket/corpus/random.ts";

export interface Permutation {
  /** Share of sign patterns whose mean is at least as far from 0 as the observed one. */
  readonly p: number;
  /** All patterns are counted; otherwise `draws` random ones are, with the observed pattern among them. */
  readonly exact: boolean;
  /** The smallest p that so few pairs can give. */
  readonly least: number;
}

/** Up to so many pairs all patterns are counted. */
const mostExact = 16;
const draws = 20_000;

/** Sums that differ by rounding alone are equal. */
const isAsFar = (sum: number, observed: number): boolean =>
  Math.abs(sum) >= observed - 1e-12 * (1 + observed);

const exactTest = (differences: readonly number[], observed: number): number => {
  const patterns = 2 ** differences.length;
  let far = 0;
  for (let pattern = 0; pattern < patterns; pattern += 1) {
    const sum = differences.reduce((total, one, bit) => total + ((pattern >> bit) & 1 ? -one : one), 0);
    if (isAsFar(sum, observed)) far += 1;
  }
  return far / patterns;
};

const drawnTest = (differences: readonly number[], observed: number, seed: number): number => {
  const random = seededRandom(seed);
  let far = 1;
  for (let draw = 1; draw < draws; draw += 1) {
    const sum = differences.reduce((total, one) => total + (random.uniform() < 0.5 ? -one : one), 0);
    if (isAsFar(sum, observed)) far += 1;
  }
  return far / draws;
};

/** `differences`: one per pair, such as one per seed; undefined without any. */
export const signFlipTest = (differences: readonly number[], seed = 1): Permutation | undefined => {
  if (differences.length === 0) return undefined;
  const observed = Math.abs(differences.reduce((sum, one) => sum + one, 0));
  const exact = differences.length <= mostExact;
  const p = exact ? exactTest(differences, observed) : drawnTest(differences, observed, seed);
  return { p, exact, least: exact ? 2 ** (1 - differences.length) : 1 / draws };
};
