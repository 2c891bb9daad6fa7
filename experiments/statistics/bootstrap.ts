/**
 * Bootstrap interval of the difference between two arms over seeds and problems: seeds are drawn with replacement, and
 * problems get random weights (the Bayesian pigeonhole bootstrap: Owen, Annals of Applied Statistics 1, 2007; Owen and
 * Eckles, 6, 2012). A problem that several seeds have has one weight in all of them: more seeds say no more about other
 * problems. One that a single seed has is weighed anew each time that seed is drawn (two-stage bootstrap, Davison and
 * Hinkley, Bootstrap Methods, 3.8). The percentile interval of a handful of seeds is too narrow, by about √((n − 1) / n):
 * read it beside Student's interval over seeds.
 */
import { seededRandom } from "../../pocket/corpus/random.ts";
import type { Interval } from "../intervals.ts";
import { mean, quantile } from "./summary.ts";

/** Values by the id of their problem. */
export type Values = ReadonlyMap<string, number>;

/** What two arms have of one seed. A problem that both have is paired. */
export interface Pair {
  readonly first: Values;
  readonly second: Values;
}

const draws = 2_000;

const problemsOf = ({ first, second }: Pair): string[] => [...new Set([...first.keys(), ...second.keys()])];

/** The problems that more than one seed has. */
const sharedProblems = (seeds: readonly Pair[]): string[] => {
  const holders = Map.groupBy(seeds.flatMap(problemsOf), (problem) => problem);
  return [...holders].filter(([, held]) => held.length > 1).map(([problem]) => problem);
};

interface Row {
  readonly first: number | undefined;
  readonly second: number | undefined;
  /** Its place among the shared problems. */
  readonly place: number | undefined;
}

/** The weighted mean of the second arm less that of the first. */
const differenceOf = (rows: readonly Row[], weightOf: (row: Row) => number): number => {
  let [first, ofFirst, second, ofSecond] = [0, 0, 0, 0];
  for (const row of rows) {
    const weight = weightOf(row);
    if (row.first !== undefined) {
      first += weight * row.first;
      ofFirst += weight;
    }
    if (row.second !== undefined) {
      second += weight * row.second;
      ofSecond += weight;
    }
  }
  return second / ofSecond - first / ofFirst;
};

/** 95 % interval of the mean of the seeds' differences, second less first. Undefined if no seed has values of both. */
export const pairedBootstrap = (seeds: readonly Pair[], seed = 1): Interval | undefined => {
  const filled = seeds.filter(({ first, second }) => first.size > 0 && second.size > 0);
  if (filled.length === 0) return undefined;
  const shared = sharedProblems(filled);
  const places = new Map(shared.map((problem, place) => [problem, place]));
  const tables = filled.map((pair): Row[] =>
    problemsOf(pair).map((problem) => ({
      first: pair.first.get(problem),
      second: pair.second.get(problem),
      place: places.get(problem),
    })),
  );
  const random = seededRandom(seed);
  /** Exponential: its mean and variance are 1, about those of how often a resample has a problem. */
  const weight = (): number => -Math.log(1 - random.uniform());
  const means = Array.from({ length: draws }, () => {
    const weights = shared.map(weight);
    const weightOf = ({ place }: Row): number => (place === undefined ? weight() : (weights[place] ?? 0));
    return mean(tables.map(() => differenceOf(random.pick(tables), weightOf)));
  });
  means.sort((left, right) => left - right);
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
};
