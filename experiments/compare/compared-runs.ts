/** Two or more runs beside one another: the differences from the first run, with intervals, and what was set differently. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Task } from "../../runtime/task.ts";
import { pairedOf } from "../comparisons.ts";
import { type FinalReading, finalReadings, groupMarks, problemsOf } from "../final-readings.ts";
import type { Interval, Paired } from "../intervals.ts";
import { playSecondsOf } from "../play-time.ts";
import { reportFacts } from "../report-facts.ts";
import { rightShare } from "../right-share.ts";
import { pairedBootstrap } from "../statistics/bootstrap.ts";
import { signFlipTest } from "../statistics/permutation.ts";
import { deviation, mean } from "../statistics/summary.ts";
import { type UnpairedDifference, unpairedDifference } from "../statistics/unpaired.ts";

export interface ComparedRun {
  readonly run: string;
  readonly folder: string;
  /** As it may be shown: without passwords in addresses. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Config;
  readonly records: readonly Message[];
  /** Knows the right answers; undefined if the task is no longer known. */
  readonly task: Task | undefined;
}

/** One model, or the mean of the group, on one set; shares. */
export interface RunDifference {
  readonly kind: FinalReading["kind"];
  readonly set: string;
  /** Undefined: the mean over the models that both runs have. */
  readonly model: string | undefined;
  readonly first: number;
  readonly second: number;
  readonly problems: number;
  /** `problems`: both answered the same ones. Otherwise the interval is wider. */
  readonly pairedBy: "problems" | "nothing";
  readonly difference: number;
  /** 95 %: Newcombe for one model, bootstrap over problems for the mean. */
  readonly low: number;
  readonly high: number;
  /** Of the mean, by sign flips over problems. */
  readonly p?: number | undefined;
}

const tallyOf = ({ reading: { answers } }: FinalReading) => ({
  right: answers.filter(({ right }) => right).length,
  total: answers.length,
});

/** Requests of roles are numbered alike in every run, and are the same ones with the same seed alone. */
const isPaired = ({ kind, reading }: FinalReading, { reading: other }: FinalReading): boolean =>
  problemsOf(reading) === problemsOf(other) && (kind !== "role" || reading.seed === other.seed);

const modelDifference = (first: FinalReading, second: FinalReading): RunDifference => {
  const paired = isPaired(first, second);
  const found: Paired | UnpairedDifference = paired
    ? pairedOf(first.reading, second.reading)
    : unpairedDifference(tallyOf(first), tallyOf(second));
  const { difference, low, high } = found;
  return {
    ...{ kind: first.kind, set: first.set, model: first.model, difference, low, high },
    ...{ first: rightShare(first.reading.answers), second: rightShare(second.reading.answers) },
    ...{
      problems: new Set(first.reading.answers.map(({ problem }) => problem)).size,
      pairedBy: paired ? "problems" : "nothing",
    },
  };
};

type Pair = readonly [FinalReading, FinalReading];

/** Two-sided 95 % of the normal distribution. */
const z = 1.959964;

/** Of means of independent problems, by their standard errors. */
const independentInterval = (first: readonly number[], second: readonly number[]): Interval => {
  const errorOf = (values: readonly number[]) => (deviation(values) ?? 0) ** 2 / Math.max(1, values.length);
  const reach = z * Math.sqrt(errorOf(first) + errorOf(second));
  const difference = mean(second) - mean(first);
  return { low: difference - reach, high: difference + reach };
};

const meanDifference = (pairs: readonly Pair[]): RunDifference[] => {
  const [pair] = pairs;
  if (pair === undefined || pairs.length < 2) return [];
  const marks = {
    first: groupMarks(pairs.map(([first]) => first.reading)),
    second: groupMarks(pairs.map(([, second]) => second.reading)),
  };
  const [before, after] = [[...marks.first.values()], [...marks.second.values()]];
  const paired = pairs.every(([first, second]) => isPaired(first, second));
  const differences = [...marks.second].map(([problem, value]) => value - (marks.first.get(problem) ?? 0));
  const interval = paired ? pairedBootstrap([marks]) : independentInterval(before, after);
  return [
    {
      ...{ kind: pair[0].kind, set: pair[0].set, model: undefined, first: mean(before), second: mean(after) },
      ...{ problems: after.length, difference: mean(after) - mean(before) },
      ...{ low: interval?.low ?? 0, high: interval?.high ?? 0 },
      ...(paired ? { pairedBy: "problems", p: signFlipTest(differences)?.p } : { pairedBy: "nothing" }),
    },
  ];
};

const pairsOf = (first: readonly FinalReading[], second: readonly FinalReading[]): Pair[] =>
  first.flatMap((one): Pair[] => {
    const other = second.find(
      ({ model, kind, set }) => model === one.model && kind === one.kind && set === one.set,
    );
    return other === undefined ? [] : [[one, other]];
  });

/** The means of each set first, then its models. */
export const differencesOf = (first: readonly Message[], second: readonly Message[]): RunDifference[] => {
  const pairs = pairsOf(finalReadings(first), finalReadings(second));
  const bySet = Map.groupBy(pairs, ([{ kind, set }]) => `${kind}/${set}`);
  return [...bySet.values()].flatMap((ofSet) => [
    ...meanDifference(ofSet),
    ...ofSet.map(([one, other]) => modelDifference(one, other)),
  ]);
};

/** Keys with different values, one value per run; names and folders of the runs are none. */
export const configDifferences = (
  configs: readonly Readonly<Record<string, unknown>>[],
): Record<string, unknown[]> => {
  const keys = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  const differing = keys.filter((key) =>
    configs.some((config) => !isDeepStrictEqual(config[key], configs[0]?.[key])),
  );
  return Object.fromEntries(
    differing
      .filter((key) => key !== "run" && key !== "runsFolder")
      .map((key) => [key, configs.map((config) => config[key])]),
  );
};

const figuresOf = ({ run, folder, records, settings, task }: ComparedRun) => {
  const { end, rounds, questions, updates, usage, consensus } = reportFacts(records, settings, task);
  const { total } = usage;
  return {
    ...{ run, folder, end, rounds, questions, updates },
    tokens: total.promptTokens + total.completionTokens,
    seconds: playSecondsOf(records),
    precision: consensus?.precision,
  };
};

/** `runs`: at least two; the first is the one that the others are compared with. */
export const comparedFacts = ([first, ...others]: readonly [ComparedRun, ...ComparedRun[]]) => ({
  runs: [first, ...others].map(figuresOf),
  config: configDifferences([first, ...others].map(({ config }) => config)),
  comparisons: others.map((other) => ({
    first: first.run,
    second: other.run,
    differences: differencesOf(first.records, other.records),
  })),
});

export type ComparedFacts = ReturnType<typeof comparedFacts>;
