/** pass@k from several samples per problem, with bootstrap intervals over problems. */
import { hashOf } from "../machines/random.ts";
import { seededRandom } from "../pocket/corpus/random.ts";
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

/** The middle 95 % of the values. */
const middle = (values: readonly number[]): Interval => {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
};

/** A whole number from 0 to size − 1. */
type Draw = (size: number) => number;

/** Each resample has a generator of its own. */
const drawOf = (seed: number, resample: number): Draw => {
  const random = seededRandom(hashOf("bootstrap", seed, resample));
  return (size) => random.integer(0, size - 1);
};

/**
 * 95 % interval of a mean over problems. Problems are drawn with replacement, and the samples of each drawn problem
 * with replacement: a sample belongs to its problem. The same seed gives the same interval. [0, 1] without problems.
 */
const bootstrap = <Each>(
  problems: readonly Each[],
  shareOf: (problem: Each, draw: Draw) => number,
  seed: number,
): Interval => {
  if (problems.length === 0) return { low: 0, high: 1 };
  const means = Array.from({ length: resamples }, (_, resample) => {
    const draw = drawOf(seed, resample);
    const drawn = problems.map((problem) => problems[draw(problems.length)] ?? problem);
    return drawn.reduce((sum, problem) => sum + shareOf(problem, draw), 0) / problems.length;
  });
  return middle(means);
};

const redrawn = (marks: Marks, draw: Draw): Marks => marks.map((mark) => marks[draw(marks.length)] ?? mark);

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
