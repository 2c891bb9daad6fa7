/** How a society gets over a spoiled history: the figures of one seed of `bench/gain.ts --poison`, and of all. */
import type { RunResult } from "../experiments/result.ts";
import { POISONED_ROUND } from "./poison.ts";

export interface Recovery {
  readonly seed: number;
  /** Mean V of the rounds before. */
  readonly before: number;
  /** The lowest V since. */
  readonly lowest: number;
  /** Rounds from the poisoned one to the first whose V is back where it was; undefined where none is. */
  readonly recovered_after: number | undefined;
  readonly switches: readonly string[];
  /** V round by round. */
  readonly pass_rates: readonly number[];
}

/** V varies from round to round: this much of its mean before counts as recovered. */
const regained = 0.9;

const round = (value: number): number => Number(value.toFixed(3));

export const recoveryOf = (seed: number, { course }: RunResult): Recovery => {
  const rates = course.rounds.map(({ passRate }) => passRate);
  const [earlier, later] = [rates.slice(0, POISONED_ROUND), rates.slice(POISONED_ROUND)];
  const before = earlier.reduce((sum, rate) => sum + rate, 0) / Math.max(1, earlier.length);
  const lowest = Math.min(...later);
  const fallen = later.indexOf(lowest);
  const back = later.findIndex((rate, index) => index > fallen && rate >= regained * before);
  return {
    ...{ seed, before: round(before), lowest: round(lowest) },
    recovered_after: back < 0 ? undefined : back,
    switches: course.switches.map(({ round: index, after }) => `${after}@${index}`),
    pass_rates: rates.map(round),
  };
};

export const poisonSummary = (seeds: readonly Recovery[]): object => ({
  bench: "gain-poisoned",
  recovered: seeds.filter((seed) => seed.recovered_after !== undefined).length,
  of: seeds.length,
  slowest: Math.max(...seeds.map((seed) => seed.recovered_after ?? Number.POSITIVE_INFINITY)),
  seeds,
});
