import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settings } from "../machines.fixture.ts";
import { mean, nextDifficulty, nextTarget } from "./difficulty.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const rates = fc.array(share, { maxLength: 30 });

const outcome = { passRate: 0.9, target: 0.5, excess: 0, settled: 10 };

describe("difficulty, Eq. 1", () => {
  test("moves by α times what V is above the target, once for each interaction or once a round", () => {
    expect(nextDifficulty(2, outcome, settings)).toBeCloseTo(2 + 0.05 * 0.4 * 10);
    expect(nextDifficulty(2, { ...outcome, passRate: 0.1 }, settings)).toBeCloseTo(2 - 0.05 * 0.4 * 10);
    const perRound = { ...settings, difficultyPer: "round" as const };
    expect(nextDifficulty(2, outcome, perRound)).toBeCloseTo(2 + 0.05 * 0.4);
    expect(nextDifficulty(2, { ...outcome, settled: 0 }, perRound)).toBe(2);
  });

  test("drift beyond its bound counts against V", () => {
    expect(nextDifficulty(2, { ...outcome, excess: 0.4 }, settings)).toBeCloseTo(2);
  });

  test("stays within its bounds and, switched off, constant", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 6, noNaN: true }), share, share, (before, passRate, target) => {
        const given = { ...outcome, passRate, target };
        const next = nextDifficulty(before, given, { ...settings, difficultyRate: 9 });
        expect(next).toBeGreaterThanOrEqual(1);
        expect(next).toBeLessThanOrEqual(6);
        expect(nextDifficulty(before, given, { ...settings, difficultyControl: false })).toBe(before);
      }),
    );
  });

  test("with the paper's constants reaches the level where V meets the cap, and follows growing ability", () => {
    const play = (ability: (round: number) => number): number[] => {
      const [levels, passRates]: [number[], number[]] = [[settings.difficultyStart], []];
      for (let round = 0; round < 100; round += 1) {
        const difficulty = levels.at(-1) ?? 0;
        const passRate = 1 / (1 + Math.exp(1.2 * (difficulty - ability(round))));
        const target = nextTarget(passRates, settings);
        levels.push(nextDifficulty(difficulty, { passRate, target, excess: 0, settled: 32 }, settings));
        passRates.push(passRate);
      }
      return levels;
    };
    expect(play(() => 4.5).at(-1)).toBeCloseTo(4.5 - Math.log(7 / 3) / 1.2, 0);
    expect(play(() => 0.5).at(-1)).toBe(1);
    expect(play((round) => 2 + round / 20).at(-1)).toBeGreaterThan(5);
    // No windup: a model that has long been too weak is asked harder questions as soon as it is not.
    expect(play((round) => (round < 80 ? 0 : 6)).at(-1)).toBeGreaterThan(4);
  });
});

describe("target, the outer loop", () => {
  test("starts at the configured value", () => {
    expect(nextTarget([], settings)).toBe(0.5);
  });

  test("is the moving average of the window plus the margin", () => {
    expect(nextTarget([0.2, 0.4], settings)).toBeCloseTo(0.35);
    expect(nextTarget([0.9, 0.2, 0.4], { ...settings, targetWindow: 2 })).toBeCloseTo(0.35);
  });

  test("is capped below 1", () => {
    fc.assert(fc.property(rates, (given) => nextTarget(given, settings) <= 0.7));
  });
});

test("the mean of nothing is zero", () => {
  expect(mean([])).toBe(0);
  expect(mean([1, 2, 6])).toBe(3);
});
