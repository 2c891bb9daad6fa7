import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateOf } from "./share.ts";

test("a share of many cases is its own estimate, with the binomial error", () => {
  const { share, variance } = estimateOf(0.3, 1e6);
  expect(share).toBeCloseTo(0.3, 5);
  expect(variance * 1e6).toBeCloseTo(0.21, 5);
});

test("a share of few cases is uncertain, also where all succeeded or none", () => {
  expect(estimateOf(1, 1).share).toBeCloseTo(2 / 3);
  expect(estimateOf(1, 1).variance).toBeCloseTo(2 / 27);
  expect(estimateOf(0, 0)).toEqual({ share: 0.5, variance: 0.125 });
  fc.assert(
    fc.property(fc.boolean(), fc.nat({ max: 1000 }), (succeeded, cases) => {
      const [fewer, more] = [cases, cases + 1].map((count) => estimateOf(Number(succeeded), count).variance);
      expect(more).toBeGreaterThan(0);
      expect(more).toBeLessThan(fewer ?? 0);
    }),
  );
});

test("of two equal rates one seldom seems better by two standard errors, however few its cases", () => {
  const chanceOf = (cases: number, successes: number, rate: number): number => {
    let ways = 1;
    for (let one = 1; one <= successes; one += 1) ways *= (cases - successes + one) / one;
    return ways * rate ** successes * (1 - rate) ** (cases - successes);
  };
  const mistaken = (rate: number, few: number, many: number): number => {
    let chance = 0;
    for (let left = 0; left <= few; left += 1)
      for (let right = 0; right <= many; right += 1) {
        const [one, other] = [estimateOf(left / few, few), estimateOf(right / many, many)];
        const isBetter = one.share - other.share > 2 * Math.sqrt(one.variance + other.variance);
        if (isBetter) chance += chanceOf(few, left, rate) * chanceOf(many, right, rate);
      }
    return chance;
  };
  for (const rate of [0.1, 0.4, 0.7, 0.95])
    for (const few of [1, 2, 5, 20]) expect(mistaken(rate, few, 60)).toBeLessThan(0.07);
});
