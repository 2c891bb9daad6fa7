import { describe, expect, test } from "vitest";
import { pairedDifference, wilson } from "./intervals.ts";

describe("Wilson's interval", () => {
  test("matches the textbook", () => {
    // Newcombe 1998, table I: 81 of 263 and 15 of 148.
    const [large, small] = [wilson(81, 263), wilson(15, 148)];
    expect([large.low, large.high].map((bound) => bound.toFixed(4))).toEqual(["0.2553", "0.3662"]);
    expect([small.low, small.high].map((bound) => bound.toFixed(4))).toEqual(["0.0624", "0.1605"]);
  });

  test("stays within 0 and 1, and is [0, 1] without measurements", () => {
    expect(wilson(0, 10).low).toBe(0);
    expect(wilson(10, 10).high).toBeCloseTo(1);
    expect(wilson(10, 10).high).toBeLessThanOrEqual(1);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe("the interval of a paired difference", () => {
  test("counts what was gained and lost", () => {
    const [before, after] = [
      [true, true, false, false, false],
      [true, false, true, true, false],
    ];
    const { difference, gained, lost } = pairedDifference(before, after);
    expect([gained, lost]).toEqual([2, 1]);
    expect(difference).toBeCloseTo(0.2);
  });

  test("contains zero if nothing has changed", () => {
    const same = [true, false, true, true];
    const { difference, low, high } = pairedDifference(same, same);
    expect(difference).toBe(0);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(0);
  });

  test("is narrower for correlated readings than for independent ones", () => {
    const before = Array.from({ length: 100 }, (_, index) => index < 50);
    const after = Array.from({ length: 100 }, (_, index) => index < 60);
    const apart = Array.from({ length: 100 }, (_, index) => index % 5 < 3);
    const widthOf = (marks: readonly boolean[]) => {
      const { low, high } = pairedDifference(before, marks);
      return high - low;
    };
    expect(widthOf(after)).toBeLessThan(widthOf(apart) * 0.7);
  });

  test("contains the true difference in 95 of 100 readings", () => {
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const draw = (): readonly [boolean, boolean] => {
      const value = random();
      return [value < 0.5, value < 0.4 || (value >= 0.5 && value < 0.75)];
    };
    const trials = 2_000;
    const covered = Array.from({ length: trials }, () => {
      const pairs = Array.from({ length: 120 }, draw);
      const { low, high } = pairedDifference(
        pairs.map(([was]) => was),
        pairs.map(([, is]) => is),
      );
      return low <= 0.15 && 0.15 <= high;
    }).filter(Boolean).length;
    expect(covered / trials).toBeGreaterThan(0.935);
    expect(covered / trials).toBeLessThan(0.975);
  });
});
