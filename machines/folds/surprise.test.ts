import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settings } from "../machines.fixture.ts";
import { standingOf, surprise } from "./surprise.ts";

const rates = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
const ofRates = (passRates: readonly number[]) => surprise(passRates, [], settings);

describe("surprise, Eq. 2", () => {
  test("is 0 before the first round, at the peak, and if nothing was ever solved", () => {
    expect(ofRates([])).toBe(0);
    expect(ofRates([0.4, 0.4])).toBeCloseTo(0);
    expect(ofRates([0, 0, 0])).toBe(0);
  });

  test("is the squared relative gap between the peak and the present mean", () => {
    expect(ofRates([0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.4])).toBeCloseTo(0.25, 5);
  });

  test("ignores rounds outside its window", () => {
    expect(ofRates([1, ...Array(10).fill(0.5)])).toBeCloseTo(0);
  });

  test("is finite and never negative", () => {
    fc.assert(
      fc.property(rates, (given) => {
        expect(ofRates(given)).toBeGreaterThanOrEqual(0);
        expect(ofRates(given)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("reads μ as TrueSkill's if configured: the best member's lead over the mean", () => {
    const ratings = { ant: { mu: 30, sigma: 1 }, bee: { mu: 20, sigma: 1 } };
    const standings = [standingOf(ratings, ["ant", "bee"])];
    expect(surprise([], standings, { ...settings, surpriseReading: "rating" })).toBeCloseTo((5 / 30) ** 2);
    expect(surprise([0.2], standings, settings)).toBe(0);
  });

  test("does not count the ratings of those who have left", () => {
    const ratings = { ant: { mu: 30, sigma: 1 }, bee: { mu: 20, sigma: 1 }, gone: { mu: 40, sigma: 1 } };
    expect(standingOf(ratings, ["ant", "bee", "new"])).toEqual({ best: 30, mean: 25 });
    expect(standingOf(ratings, [])).toEqual({ best: 0, mean: 0 });
  });
});
