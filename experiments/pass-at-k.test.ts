import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differenceInterval, meanPassAtK, passAtK, passInterval } from "./pass-at-k.ts";

const marksOf = (right: number, total: number): boolean[] =>
  Array.from({ length: total }, (_, index) => index < right);

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);

describe("pass@k", () => {
  test("is 1 − C(n−c, k) / C(n, k)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.nat(), (n, some, other) => {
        const [c, k] = [some % (n + 1), 1 + (other % n)];
        const expected = n - c < k ? 1 : 1 - choose(n - c, k) / choose(n, k);
        expect(passAtK(marksOf(c, n), k)).toBeCloseTo(expected, 10);
      }),
    );
  });

  test("at 1 is the share of right samples, and grows with k", () => {
    expect(passAtK(marksOf(3, 12), 1)).toBeCloseTo(0.25);
    expect(passAtK(marksOf(3, 12), 4)).toBeGreaterThan(passAtK(marksOf(3, 12), 2));
    expect(meanPassAtK([marksOf(1, 4), marksOf(3, 4)], 1)).toBeCloseTo(0.5);
    expect(meanPassAtK([], 1)).toBe(0);
  });

  test("takes k samples", () => {
    expect(() => passAtK(marksOf(1, 4), 5)).toThrow(/pass@5 takes at least 5 samples, not 4/);
    expect(() => passAtK(marksOf(1, 4), 0)).toThrow(RangeError);
  });
});

describe("bootstrap intervals", () => {
  const problems = Array.from({ length: 30 }, (_, index) => marksOf((index * 7) % 17, 16));

  test("contain the mean, are the same for the same seed, and cover about 1.96 standard errors", () => {
    const [mean, { low, high }] = [meanPassAtK(problems, 1), passInterval(problems, 1, 1)];
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(passInterval(problems, 1, 1)).toEqual({ low, high });
    expect(passInterval(problems, 1, 2)).not.toEqual({ low, high });
    const shares = problems.map((marks) => passAtK(marks, 1));
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / 29;
    expect(high - low).toBeGreaterThan(2 * 1.96 * Math.sqrt(variance / 30) * 0.85);
    expect(high - low).toBeLessThan(2 * 1.96 * Math.sqrt(variance / 30) * 1.35);
  });

  test("of a difference are paired: equal readings have a narrow one around 0", () => {
    const same = problems.map((marks) => ({ before: marks, after: marks }));
    const { low, high } = differenceInterval(same, 1);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(0);
    const pass = passInterval(problems, 1, 1);
    expect(high - low).toBeLessThan(pass.high - pass.low);
    expect(passInterval([], 1, 1)).toEqual({ low: 0, high: 1 });
  });
});
