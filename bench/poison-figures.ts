/** The figures of `bench/gain.ts --poison` for one seed and for all seeds: the recovery from a poisoned history. */
import type { RunResult } from "../experiments/result.ts";
import { POISONED_ROUND } from "./poison.ts";

export interface Recovery {
  readonly seed: number;
  /** Mean V of the rounds before the poisoned one. */
  readonly before: number;
  /** Lowest V since the poisoned round. */
  readonly lowest: number;
  /** Number of rounds from the poisoned one to the first with a recovered V; undefined if there is none. */
  readonly recovered_after: number | undefined;
  readonly switches: readonly string[];
  /** V of each round. */
  readonly pass_rates: readonly number[];
}

/** Share of the earlier mean V that counts as recovered, because V varies between rounds. */
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
