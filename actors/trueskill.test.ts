import fc from "fast-check";
import { Rating as Belief, rate_1vs1, TrueSkill } from "ts-trueskill";
import { describe, expect, test } from "vitest";
import type { Duel, Rating } from "../runtime/messages.ts";
import { trueSkill as rater } from "./trueskill.ts";

const library = new TrueSkill();

const outcomes = ["first", "second", "draw"] as const;
const plain = ({ mu, sigma }: Rating): Rating => ({ mu, sigma });

/** The general algorithm, message passing on a factor graph. */
const byLibrary = (first: Rating, second: Rating, outcome: Duel["outcome"]): Rating[] => {
  const beliefs = [first, second].map(({ mu, sigma }) => new Belief(mu, sigma));
  const [left, right] = outcome === "second" ? beliefs.toReversed() : beliefs;
  if (left === undefined || right === undefined) return [];
  const after = rate_1vs1(left, right, outcome === "draw", undefined, library).map(plain);
  return outcome === "second" ? after.toReversed() : after;
};

const ratingWithin = (least: number, most: number, sharpest: number) =>
  fc.record({
    mu: fc.double({ min: least, max: most, noNaN: true }),
    sigma: fc.double({ min: sharpest, max: 10, noNaN: true }),
  });

/** Up to the rounding of two orders of the same sums. */
const expectSame = (ours: readonly Rating[], theirs: readonly Rating[]): void => {
  for (const [index, { mu, sigma }] of theirs.entries()) {
    expect(ours[index]?.mu).toBeCloseTo(mu, 6);
    expect(ours[index]?.sigma).toBeCloseTo(sigma, 6);
  }
};

describe("TrueSkill in closed form equals the general algorithm", () => {
  test("after a duel of any two beliefs within ten deviations", () => {
    const belief = ratingWithin(0, 50, 0.5);
    fc.assert(
      fc.property(belief, belief, fc.constantFrom(...outcomes), (first, second, outcome) => {
        expectSame(rater.duel(first, second, outcome), byLibrary(first, second, outcome));
      }),
      { numRuns: 500 },
    );
  });

  test("over whole tournaments, whose differences would add up", () => {
    const duel = fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 4 }), fc.constantFrom(...outcomes));
    fc.assert(
      fc.property(fc.array(duel, { maxLength: 200 }), (duels) => {
        const ours = Array.from({ length: 5 }, rater.initial);
        const theirs = [...ours];
        for (const [first, step, outcome] of duels) {
          const second = (first + step) % 5;
          const [left, right] = [ours[first], ours[second]];
          const [their, other] = [theirs[first], theirs[second]];
          if (!left || !right || !their || !other) continue;
          [ours[first], ours[second]] = rater.duel(left, right, outcome) as [Rating, Rating];
          [theirs[first], theirs[second]] = byLibrary(their, other, outcome) as [Rating, Rating];
        }
        expectSame(ours, theirs);
      }),
      { numRuns: 30 },
    );
  });
});

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
