/** The figures of bench/gain.ts for one seed and for all seeds. */

import { precisionOf, rawOf, soundnessOf } from "../experiments/audit.ts";
import { curriculumCorrelation, difficultySpan, slumpsOf, voidShareOf } from "../experiments/course.ts";
import { type Measures, meanScore, type Scores } from "../experiments/measures.ts";
import type { RunResult } from "../experiments/result.ts";
import { deviation, mean } from "../experiments/statistics/summary.ts";

type Pair = readonly [before: number, after: number];

export interface Gain {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  /** Mean in-domain pass@1 after each update, the base weights first. */
  readonly curve: readonly number[];
  /** The largest fall from one update to the next [points]. */
  readonly worst_step: number;
  /** Null where the history was empty at the end. */
  readonly elite: Pair | null;
  readonly others: Readonly<Record<string, Pair>>;
  readonly models: Readonly<Record<string, Pair>>;
  /** Share of good replies in the roles other than solver, by figure. */
  readonly roles: Readonly<Record<string, Pair>>;
  /** Shares: of verified solutions that are right, and right in every step; of all solutions that are right. */
  readonly precision: number | undefined;
  readonly step_precision: number | undefined;
  readonly raw: number | undefined;
  readonly updates: number;
  readonly questions: number;
  readonly rounds: number;
  readonly difficulty: Pair;
  /** Spearman's ρ between difficulty and anchor accuracy over rounds. */
  readonly curriculum: number | undefined;
  readonly switches: readonly string[];
  readonly slumps: readonly number[];
  readonly void_share: number;
  readonly first_settled: number | undefined;
  /** Time of play, and of play with measurement [s]. */
  readonly play_seconds: number;
  readonly seconds: number;
}

const round = (value: number, digits = 4): number => Number(value.toFixed(digits));
const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : round(value);

const paired = (before: Scores, after: Scores): Record<string, Pair> =>
  Object.fromEntries(
    Object.keys(before).map((model) => [model, [round(before[model] ?? 0), round(after[model] ?? 0)]]),
  );

const eliteOf = ({ eliteBefore, eliteAfter }: Measures): Pair | null =>
  Object.keys(eliteAfter).length === 0 ? null : [round(meanScore(eliteBefore)), round(meanScore(eliteAfter))];

const learned = (seed: number, { measures, end }: RunResult) => {
  if (measures === undefined) throw new Error(`seed ${seed} did not finish: ${JSON.stringify(end)}`);
  const curve = measures.curve.map(({ scores }) => round(meanScore(scores)));
  const falls = curve.slice(1).map((value, index) => (curve[index] ?? 0) - value);
  const means = (table: typeof measures.others): Record<string, Pair> =>
    Object.fromEntries(
      Object.entries(table).map(([name, { before, after }]) => [
        name,
        [round(meanScore(before)), round(meanScore(after))],
      ]),
    );
  return {
    ...{ before: curve[0] ?? 0, after: curve.at(-1) ?? 0, curve },
    worst_step: round(100 * Math.max(0, ...falls), 2),
    elite: eliteOf(measures),
    ...{ others: means(measures.others), roles: means(measures.roles) },
    models: paired(measures.curve[0]?.scores ?? {}, measures.curve.at(-1)?.scores ?? {}),
  };
};

export const gainOf = (seed: number, result: RunResult): Gain => {
  const { audit, course } = result;
  const [start, end] = difficultySpan(course);
  return {
    seed,
    ...learned(seed, result),
    precision: rounded(precisionOf(audit)),
    step_precision: rounded(soundnessOf(audit)),
    raw: rounded(rawOf(audit)),
    ...{ updates: result.updates, questions: result.questions, rounds: result.rounds },
    difficulty: [round(start, 2), round(end, 2)],
    curriculum: rounded(curriculumCorrelation(course)),
    switches: course.switches.map(({ round: index, after }) => `${after}@${index}`),
    slumps: slumpsOf(course),
    void_share: round(voidShareOf(course)),
    first_settled: rounded(result.firstSettledSeconds),
    play_seconds: round(result.playSeconds, 1),
    seconds: round(result.seconds, 1),
  };
};

/** Means over the seeds; `sd` is the standard deviation of the gain [points]. */
export const gainSummary = (seeds: readonly Gain[]): object => {
  const over = (pick: (seed: Gain) => number | undefined) =>
    round(mean(seeds.map((seed) => pick(seed) ?? 0)));
  const least = (pick: (seed: Gain) => number | undefined) =>
    Math.min(...seeds.map((seed) => pick(seed) ?? 0));
  const gains = seeds.map(({ before, after }) => 100 * (after - before));
  const pairs = (pick: (seed: Gain) => Readonly<Record<string, Pair>>) =>
    Object.fromEntries(
      Object.keys(seeds[0] ? pick(seeds[0]) : {}).map((name) => [
        name,
        { before: over((seed) => pick(seed)[name]?.[0]), after: over((seed) => pick(seed)[name]?.[1]) },
      ]),
    );
  return {
    ...{ before: over(({ before }) => before), after: over(({ after }) => after) },
    ...{
      gain: round(mean(gains), 2),
      min_gain: round(Math.min(...gains), 2),
      sd: round(deviation(gains) ?? 0, 2),
    },
    ...{ precision: over(({ precision }) => precision), step_precision: over((seed) => seed.step_precision) },
    min_step_precision: least((seed) => seed.step_precision),
    raw: over(({ raw }) => raw),
    difficulty_start: over(({ difficulty }) => difficulty[0]),
    difficulty_end: over(({ difficulty }) => difficulty[1]),
    min_difficulty_rise: round(Math.min(...seeds.map(({ difficulty: [start, end] }) => end - start)), 2),
    min_curriculum: least(({ curriculum }) => curriculum),
    switches: over(({ switches }) => switches.length),
    void_share: over((seed) => seed.void_share),
    slumps: seeds.reduce((sum, { slumps }) => sum + slumps.length, 0),
    updates: least(({ updates }) => updates),
    seconds: over(({ seconds }) => seconds),
    models: pairs(({ models }) => models),
    others: pairs(({ others }) => others),
    roles: pairs(({ roles }) => roles),
    seeds,
  };
};
