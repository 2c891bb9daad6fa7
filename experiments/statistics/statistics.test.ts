/** Statistics against values of scipy 1.17.1 and numpy (functions named beside them). */
import { describe, expect, test } from "vitest";
import { pairedBootstrap, type Values } from "./bootstrap.ts";
import { pairedSeeds, studentInterval } from "./paired-seeds.ts";
import { signFlipTest } from "./permutation.ts";
import { studentCdf, studentQuantile } from "./student.ts";
import { deviation, mean, quantile, summaryOf } from "./summary.ts";

/** Of problems that no other set has. */
const valuesOf = (values: readonly number[], set = ""): Values =>
  new Map(values.map((value, index) => [`${set}${index}`, value]));

/** Against an arm that solves nothing; every seed has problems of its own. */
const alone = (seeds: readonly (readonly number[])[]) =>
  seeds.map((values, seed) => ({
    first: valuesOf(
      values.map(() => 0),
      `${seed}-`,
    ),
    second: valuesOf(values, `${seed}-`),
  }));

const differences = [1.2, 0.4, -0.3, 2.2, 0.9];

describe("summaries", () => {
  test("have numpy's sample standard deviation and quantiles", () => {
    expect(deviation(differences)).toBeCloseTo(0.9311283477587825, 12); // np.std(ddof=1)
    const quantiles = [0.025, 0.5, 0.975].map((share) => quantile([1, 2, 4, 8], share));
    for (const [index, expected] of [1.075, 3, 7.7].entries())
      expect(quantiles[index]).toBeCloseTo(expected, 12); // np.quantile
  });

  test("of one value have no deviation, and of none do not exist", () => {
    expect(summaryOf([0.5])).toEqual({ mean: 0.5, sd: undefined, count: 1 });
    expect(summaryOf([])).toBeUndefined();
  });
});

describe("Student's t", () => {
  test("has scipy's quantiles", () => {
    const known = [
      [0.975, 1, 12.706204736174694],
      [0.975, 4, 2.7764451051977934],
      [0.975, 9, 2.262157162798205],
      [0.95, 2, 2.9199855803537242],
      [0.01, 3, -4.5407028585681335],
      [0.975, 199, 1.9719565442517533],
    ] as const; // scipy.stats.t.ppf
    for (const [share, freedom, expected] of known)
      expect(studentQuantile(share, freedom)).toBeCloseTo(expected, 8);
  });

  test("has scipy's distribution function", () => {
    const known = [
      [0.5, 1, 0.6475836176504333],
      [2, 4, 0.9419417382415922],
      [-1.3, 7, 0.11738391769618862],
      [6, 30, 0.9999993028615617],
    ] as const; // scipy.stats.t.cdf
    for (const [t, freedom, expected] of known) expect(studentCdf(t, freedom)).toBeCloseTo(expected, 11);
  });

  test("gives the interval of a mean", () => {
    const interval = studentInterval(differences); // scipy.stats.t.interval
    expect(interval?.low).toBeCloseTo(-0.2761485471190346, 9);
    expect(interval?.high).toBeCloseTo(2.036148547119035, 9);
    expect(studentInterval([0.3])).toBeUndefined();
  });
});

describe("the permutation test", () => {
  test("counts all sign patterns of a few pairs, as scipy does", () => {
    // scipy.stats.permutation_test(permutation_type="samples", n_resamples=inf)
    expect(signFlipTest(differences)).toEqual({ p: 0.125, exact: true, least: 1 / 16 });
    expect(signFlipTest([0.5, 0.7, 0.1, 0.9, 0.4, 0.6, -0.2, 0.3])?.p).toBe(0.0234375);
    expect(signFlipTest([1, 2])).toEqual({ p: 0.5, exact: true, least: 0.5 });
    expect(signFlipTest([])).toBeUndefined();
  });

  test("draws patterns of many pairs, close to the exact share", () => {
    const many = [
      ...[-0.5, -1.02, 0.05, 0.72, 1.44, 0.41, -0.25, -0.48, 1.05, 1.93],
      ...[0.57, -0.93, -0.66, 1.9, 0.5, -1.43, 0.22, -0.86, -0.33, -0.19],
    ];
    const found = signFlipTest(many);
    expect(found?.exact).toBe(false);
    // scipy.stats.permutation_test over all 2^20 patterns; four standard errors of 20,000 draws
    expect(Math.abs((found?.p ?? 0) - 0.6231174468994141)).toBeLessThan(0.014);
    expect(signFlipTest(many)).toEqual(found);
  });
});

describe("the bootstrap over seeds and problems", () => {
  test("agrees with scipy where each seed has one value", () => {
    const values = [0.41, 0.52, 0.47, 0.55, 0.6, 0.38, 0.49, 0.5, 0.44, 0.58];
    const interval = pairedBootstrap(alone(values.map((value) => [value])));
    // scipy.stats.bootstrap(method="percentile", n_resamples=200000)
    expect(interval?.low).toBeCloseTo(0.452, 2);
    expect(interval?.high).toBeCloseTo(0.536, 2);
  });

  test("weighs problems within each drawn seed where no other seed has them", () => {
    const seeds = [
      [1, 0, 0, 1, 0, 1],
      [0, 0, 1, 0],
      [1, 1, 1, 0, 1],
    ];
    const interval = pairedBootstrap(alone(seeds));
    // 200,000 draws of both stages with numpy
    expect(interval?.low).toBeCloseTo(0.1667, 1);
    expect(interval?.high).toBeCloseTo(0.85, 1);
    expect(pairedBootstrap([])).toBeUndefined();
  });

  test("is no narrower for more seeds that answer the same problems alike", () => {
    const pair = { first: valuesOf([0, 0, 1, 0, 1, 1, 0, 0]), second: valuesOf([1, 0, 1, 1, 0, 1, 1, 1]) };
    const widthOf = (seeds: Parameters<typeof pairedBootstrap>[0]): number => {
      const { low, high } = pairedBootstrap(seeds) ?? { low: 0, high: 0 };
      return high - low;
    };
    expect(widthOf([pair, pair, pair, pair, pair]) / widthOf([pair])).toBeCloseTo(1, 1);
  });
});

describe("a paired difference between arms", () => {
  test("covers the seeds that both have", () => {
    const first = new Map([
      [1, valuesOf([0, 1, 0, 0], "1-")],
      [2, valuesOf([0, 0, 0, 1], "2-")],
      [3, valuesOf([1, 1, 1, 1], "3-")],
    ]);
    const second = new Map([
      [1, valuesOf([1, 1, 0, 1], "1-")],
      [2, valuesOf([1, 0, 1, 1], "2-")],
    ]);
    const paired = pairedSeeds(first, second);
    expect(paired).toMatchObject({ seeds: [1, 2], difference: 0.5, sd: 0, permutation: { p: 0.5 } });
    expect(paired?.bootstrap?.low).toBeGreaterThanOrEqual(0);
    expect(paired?.bootstrap?.high).toBeLessThanOrEqual(1);
    expect(mean(paired?.seeds ?? [])).toBe(1.5);
  });

  test("is paired by problem, in whatever order and beside whatever others they were asked", () => {
    const first = new Map(Object.entries({ a: 0, b: 1, c: 0 }));
    const second = new Map([...first].toReversed());
    const same = { low: 0, high: 0 };
    expect(pairedSeeds(new Map([[1, first]]), new Map([[1, second]]))?.bootstrap).toEqual(same);
    const more = pairedSeeds(new Map([[1, first]]), new Map([[1, second.set("d", 1)]]));
    expect(more?.difference).toBeCloseTo(1 / 6, 12);
    expect(more?.bootstrap?.low).toBeGreaterThanOrEqual(0);
  });

  test("uses the means where the problems differ, and is undefined without a common seed", () => {
    const of = (values: readonly number[], set = "") => new Map([[7, valuesOf(values, set)]]);
    expect(pairedSeeds(of([0, 1]), of([1, 1, 1, 1], "other-"))?.difference).toBe(0.5);
    expect(pairedSeeds(new Map([[1, valuesOf([1])]]), new Map([[2, valuesOf([1])]]))).toBeUndefined();
    expect(pairedSeeds(of([0]), of([]))).toBeUndefined();
  });
});
