import fc from "fast-check";
import { expect, test } from "vitest";
import { kendallTau, rankCorrelation } from "./rank-correlation.ts";

test("Kendall's tau counts pairs in the same order against pairs in the opposite one", () => {
  expect(kendallTau([1, 2, 3, 4], [10, 20, 30, 40])).toBe(1);
  expect(kendallTau([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
  expect(kendallTau([1, 2, 3, 4], [2, 1, 3, 4])).toBeCloseTo(4 / 6);
  expect(kendallTau([1, 2, 3], [1, 1, 2])).toBeCloseTo(2 / 3);
  expect(kendallTau([1], [1])).toBeUndefined();
});

test("both correlations depend on the order alone", () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(distinct, (values) => {
      const cubes = values.map((value) => value ** 3);
      expect(kendallTau(values, cubes)).toBe(1);
      expect(rankCorrelation(values, cubes)).toBeCloseTo(1);
      expect(
        kendallTau(
          values,
          cubes.map((value) => -value),
        ),
      ).toBe(-1);
    }),
  );
});
