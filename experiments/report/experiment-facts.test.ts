/** The bootstrap interval of a difference between arms covers the truth, whichever problems seeds have. */
import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../pocket/corpus/random.ts";
import { differencesOf, type ExperimentFacts } from "./experiment-facts.ts";

const [seeds, problems, samples, trials] = [5, 30, 8, 60];

/** What the arms' models solve of a problem, as shares. */
interface Problem {
  readonly id: string;
  readonly rates: Readonly<Record<string, number>>;
}

/** Neither arm is better: the true difference is 0. */
const problemOf = (id: string, random: Random): Problem => ({
  id,
  rates: { reference: random.uniform(), other: random.uniform() },
});

const drawnProblems = (count: number, random: Random, set = ""): Problem[] =>
  Array.from({ length: count }, (_, index) => problemOf(`${set}${index}`, random));

/** In random order. */
const some = (count: number, pool: readonly Problem[], random: Random): Problem[] =>
  pool
    .map((problem) => ({ problem, rank: random.uniform() }))
    .toSorted((left, right) => left.rank - right.rank)
    .slice(0, count)
    .map(({ problem }) => problem);

const runOf = (arm: string, seed: number, asked: readonly Problem[], random: Random) => {
  const answers = asked.flatMap(({ id, rates }) =>
    Array.from({ length: samples }, () => ({ problem: id, right: random.uniform() < (rates[arm] ?? 0) })),
  );
  const reading = { model: "ant", answers };
  return { arm, task: "t", seed, finals: [{ model: "ant", kind: "zero-shot", set: "s", reading }] };
};

/** How often the interval of `sets`, the problems of each seed, covers 0; every trial draws them anew. */
const coverageOf = (sets: (random: Random) => readonly (readonly Problem[])[]): number => {
  const experiment = { arms: [{ name: "reference" }, { name: "other" }], tasks: [{ name: "t" }] };
  const covered = Array.from({ length: trials }, (_, trial) => {
    const random = seededRandom(trial);
    const runs = sets(random).flatMap((asked, seed) =>
      ["reference", "other"].map((arm) => runOf(arm, seed, asked, random)),
    );
    const facts = { experiment: { ...experiment, reference: "reference" }, runs };
    const [difference] = differencesOf(facts as unknown as ExperimentFacts);
    const { low = 0, high = 0 } = difference?.bootstrap ?? {};
    return low < 0 && high > 0;
  });
  return covered.filter(Boolean).length / trials;
};

const bySeed = <Item>(of: (seed: number) => Item): Item[] =>
  Array.from({ length: seeds }, (_, seed) => of(seed));

/** 95 %, less what resampling thirty problems and chance in so few trials take away. */
const least = 0.9;

describe("the bootstrap interval covers the true difference", () => {
  test("where every seed has problems of its own", () => {
    const coverage = coverageOf((random) => bySeed((seed) => drawnProblems(problems, random, `${seed}-`)));
    expect(coverage).toBeGreaterThanOrEqual(least);
  });

  test("where all seeds have the same problems, each in another order", () => {
    const coverage = coverageOf((random) => {
      const pool = drawnProblems(problems, random);
      return bySeed(() => some(problems, pool, random));
    });
    expect(coverage).toBeGreaterThanOrEqual(least);
  });

  test("where every seed draws its problems from the same ones", () => {
    const coverage = coverageOf((random) => {
      const pool = drawnProblems(1.2 * problems, random);
      return bySeed(() => some(problems, pool, random));
    });
    expect(coverage).toBeGreaterThanOrEqual(least);
  });
});
