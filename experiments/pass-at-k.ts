/** pass@k from several samples per problem, with bootstrap intervals over problems. */
import { chanceOf } from "../machines/random.ts";
import type { Interval } from "./intervals.ts";

/** Whether each sample of one problem is right. */
export type Marks = readonly boolean[];

/**
 * The unbiased estimate that one of k samples is right, 1 − C(n−c, k) / C(n, k), where c of n are (Eq. 5 of the paper).
 *
 * @throws RangeError if k is not between 1 and n.
 */
export const passAtK = (marks: Marks, k: number): number => {
  const [n, wrong] = [marks.length, marks.filter((right) => !right).length];
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new RangeError(`pass@${k} takes at least ${k} samples, not ${n}`);
  let noneRight = 1;
  for (let index = 0; index < k; index += 1) noneRight *= Math.max(0, wrong - index) / (n - index);
  return 1 - noneRight;
};

/** The mean over problems; 0 without problems. */
export const meanPassAtK = (problems: readonly Marks[], k: number): number =>
  problems.reduce((sum, marks) => sum + passAtK(marks, k), 0) / Math.max(1, problems.length);

/** Resamples of a bootstrap. */
const resamples = 1_000;

const place = (size: number, ...words: readonly (string | number)[]): number =>
  Math.floor(chanceOf("bootstrap", ...words) * size);

/** The middle 95 % of the values. */
const middle = (values: readonly number[]): Interval => {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
};

/**
 * 95 % interval of a mean over problems. Problems are drawn with replacement, and the samples of each drawn problem
 * with replacement: a sample belongs to its problem. The same seed gives the same interval. [0, 1] without problems.
 */
export const bootstrap = <Problem>(
  problems: readonly Problem[],
  valueOf: (problem: Problem, draw: (size: number, index: number) => number) => number,
  seed: number,
): Interval => {
  if (problems.length === 0) return { low: 0, high: 1 };
  const means = Array.from({ length: resamples }, (_, resample) => {
    let sum = 0;
    for (let index = 0; index < problems.length; index += 1) {
      const drawn = problems[place(problems.length, seed, resample, index)];
      if (drawn === undefined) continue;
      sum += valueOf(drawn, (size, sample) => place(size, seed, resample, index, sample));
    }
    return sum / problems.length;
  });
  return middle(means);
};

type Draw = (size: number, index: number) => number;

const redrawn = (marks: Marks, draw: Draw): Marks =>
  marks.map((mark, index) => marks[draw(marks.length, index)] ?? mark);

export const passInterval = (problems: readonly Marks[], k: number, seed: number): Interval =>
  bootstrap(problems, (marks, draw) => passAtK(redrawn(marks, draw), k), seed);

export interface MarksPair {
  readonly before: Marks;
  readonly after: Marks;
}

/** 95 % interval of the difference of pass@1 between two readings of the same problems. */
export const differenceInterval = (problems: readonly MarksPair[], seed: number): Interval =>
  bootstrap(
    problems,
    ({ before, after }, draw) => passAtK(redrawn(after, draw), 1) - passAtK(redrawn(before, draw), 1),
    seed,
  );
