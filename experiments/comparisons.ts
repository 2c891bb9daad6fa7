/** Accuracy before and after a run, per model and set, from the readings in its journal; both on the same problems. */
import type { Message } from "../runtime/messages.ts";
import { finalReadings } from "./final-readings.ts";
import { type Interval, type Paired, pairedDifference, wilson } from "./intervals.ts";
import { differenceInterval, type Marks, meanPassAtK, passInterval } from "./pass-at-k.ts";
import type { Reading } from "./readings.ts";

/** The result of one version on one set. */
export interface Score extends Interval {
  /** Right answers, and all. */
  readonly right: number;
  readonly total: number;
  readonly problems: number;
  /** pass@k by k, with several answers per problem. */
  readonly passAt?: Readonly<Record<string, number>>;
  /** Answers that count as wrong because they were cut off, missing or undecided, by that word. */
  readonly flaws?: Readonly<Record<string, number>>;
}

export interface Comparison {
  readonly model: string;
  /** The version in force at the end; 0 if the model has not changed. */
  readonly version: number;
  readonly kind: Reading["kind"];
  readonly set: string;
  readonly before: Score;
  readonly after: Score;
  readonly paired: Paired;
}

/** By problem. */
const marksOf = ({ answers }: Reading): ReadonlyMap<string, Marks> => {
  const byProblem = Map.groupBy(answers, ({ problem }) => problem);
  return new Map([...byProblem].map(([problem, all]) => [problem, all.map(({ right }) => right)]));
};

const isSingle = (marks: readonly Marks[]): boolean => marks.every((all) => all.length === 1);

/** Numbers of samples for which pass@k is reported. */
const reportedSamples = [4, 16, 64];

const passAtOf = (marks: readonly Marks[]): Readonly<Record<string, number>> => {
  const most = Math.min(...marks.map((all) => all.length));
  return Object.fromEntries(
    reportedSamples.filter((k) => k <= most).map((k) => [String(k), meanPassAtK(marks, k)]),
  );
};

const flawsOf = ({ answers }: Reading): Pick<Score, "flaws"> => {
  const flawed = Map.groupBy(
    answers.filter(({ flaw }) => flaw !== undefined),
    ({ flaw }) => String(flaw),
  );
  if (flawed.size === 0) return {};
  return { flaws: Object.fromEntries([...flawed].map(([flaw, all]) => [flaw, all.length])) };
};

/** Wilson's interval for one answer per problem, a bootstrap over problems for several. */
const scoreOf = (reading: Reading): Score => {
  const marks = [...marksOf(reading).values()];
  const right = reading.answers.filter((answer) => answer.right).length;
  const counts = { right, total: reading.answers.length, problems: marks.length, ...flawsOf(reading) };
  if (isSingle(marks)) return { ...counts, ...wilson(right, counts.total) };
  return { ...counts, ...passInterval(marks, 1, reading.seed), passAt: passAtOf(marks) };
};

const shareOf = (marks: Marks): number => meanPassAtK([marks], 1);

/** Of the same problems, in any order. */
export const pairedOf = (before: Reading, after: Reading): Paired => {
  const second = marksOf(after);
  const pairs = [...marksOf(before)].map(([problem, marks]) => ({
    before: marks,
    after: second.get(problem) ?? [],
  }));
  const [first, last] = [pairs.map((pair) => pair.before), pairs.map((pair) => pair.after)];
  if (isSingle(first) && isSingle(last)) return pairedDifference(first.flat(), last.flat());
  const gains = pairs.map((pair) => shareOf(pair.after) - shareOf(pair.before));
  return {
    ...differenceInterval(pairs, after.seed),
    difference: gains.reduce((sum, gain) => sum + gain, 0) / Math.max(1, gains.length),
    gained: gains.filter((gain) => gain > 0).length,
    lost: gains.filter((gain) => gain < 0).length,
  };
};

/** Zero-shot sets first, each with its models in the order they were measured. */
export const comparisonsIn = (records: readonly Message[]): Comparison[] =>
  finalReadings(records).map(({ model, version, kind, set, base, reading }) => ({
    ...{ model, version, kind, set, before: scoreOf(base), after: scoreOf(reading) },
    paired: pairedOf(base, reading),
  }));
