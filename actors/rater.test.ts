import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Rater } from "../machines/referee.ts";
import { loadTrueSkill } from "./rater.ts";

let rater: Rater;
beforeAll(async () => {
  rater = await loadTrueSkill();
}, 120_000);

describe("TrueSkill behind the port", () => {
  test("starts where everybody is equal", () => {
    const { mu, sigma } = rater.initial();
    expect([mu, sigma]).toEqual([25, expect.closeTo(25 / 3, 6)]);
  });

  test("moves the better up, the worse down, and grows surer of both", () => {
    const start = rater.initial();
    const [better, worse] = rater.duel(start, start, "first");
    expect(better.mu).toBeGreaterThan(start.mu);
    expect(worse.mu).toBeLessThan(start.mu);
    expect(Math.max(better.sigma, worse.sigma)).toBeLessThan(start.sigma);
    expect(rater.duel(start, start, "second")).toEqual([worse, better]);
  });

  test("a draw brings unequal ratings together", () => {
    const strong = { mu: 30, sigma: 5 };
    const weak = { mu: 20, sigma: 5 };
    const [lower, higher] = rater.duel(strong, weak, "draw");
    expect(lower.mu).toBeLessThan(30);
    expect(higher.mu).toBeGreaterThan(20);
  });

  test("stays sound at any gap: finite, with a positive σ", () => {
    const rating = fc.record({
      mu: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      sigma: fc.double({ min: 1e-3, max: 100, noNaN: true }),
    });
    const outcome = fc.constantFrom("first" as const, "second" as const, "draw" as const);
    fc.assert(
      fc.property(rating, rating, outcome, (first, second, how) => {
        for (const { mu, sigma } of rater.duel(first, second, how)) {
          expect(Number.isFinite(mu) && Number.isFinite(sigma) && sigma > 0).toBe(true);
        }
      }),
    );
  });
});
