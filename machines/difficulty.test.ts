import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mean, nextDifficulty, nextTarget, surprise } from "./difficulty.ts";
import { settings } from "./testing.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const rates = fc.array(share, { maxLength: 30 });

describe("difficulty, Eq. 1", () => {
  test("moves by α times what V is above the target", () => {
    expect(nextDifficulty(1, 0.9, 0.5, 0, settings)).toBeCloseTo(1 + 0.05 * 0.4);
    expect(nextDifficulty(1, 0.1, 0.5, 0, settings)).toBeCloseTo(1 - 0.05 * 0.4);
    expect(nextDifficulty(1, 0.5, 0.5, 0, settings)).toBe(1);
  });

  test("drift counts against V", () => {
    expect(nextDifficulty(1, 0.9, 0.5, 0.4, settings)).toBeCloseTo(1);
  });

  test("stays within its clamps and, switched off, where it is", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.25, max: 4, noNaN: true }), share, share, (before, rate, target) => {
        const next = nextDifficulty(before, rate, target, 0, { ...settings, difficultyRate: 9 });
        expect(next).toBeGreaterThanOrEqual(0.25);
        expect(next).toBeLessThanOrEqual(4);
        const off = { ...settings, difficultyControl: false };
        expect(nextDifficulty(before, rate, target, 0, off)).toBe(before);
      }),
    );
  });
});

describe("target, the outer loop", () => {
  test("starts where it is told to", () => {
    expect(nextTarget([], settings)).toBe(0.5);
  });

  test("is the moving average of the window plus the margin", () => {
    expect(nextTarget([0.2, 0.4], settings)).toBeCloseTo(0.35);
    expect(nextTarget([0.9, 0.2, 0.4], { ...settings, targetWindow: 2 })).toBeCloseTo(0.35);
  });

  test("is capped below 1", () => {
    fc.assert(fc.property(rates, (given) => nextTarget(given, settings) <= 0.9));
  });
});

describe("surprise, Eq. 2", () => {
  test("is none before the first round, at the peak, and where nothing was ever solved", () => {
    expect(surprise([], settings)).toBe(0);
    expect(surprise([0.4, 0.4], settings)).toBeCloseTo(0);
    expect(surprise([0, 0, 0], settings)).toBe(0);
  });

  test("is the squared relative gap between the peak and the present mean", () => {
    const fallen = [0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.4];
    expect(surprise(fallen, settings)).toBeCloseTo(0.25, 5);
  });

  test("forgets what lies outside its window", () => {
    expect(surprise([1, ...Array(10).fill(0.5)], settings)).toBeCloseTo(0);
  });

  test("is finite and never negative", () => {
    fc.assert(
      fc.property(rates, (given) => {
        const value = surprise(given, settings);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test("the mean of nothing is zero", () => {
  expect(mean([])).toBe(0);
  expect(mean([1, 2, 6])).toBe(3);
});
