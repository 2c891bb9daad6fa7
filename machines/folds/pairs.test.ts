import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rating } from "../../runtime/messages.ts";
import { dossierOf, solutionOf } from "../machines.fixture.ts";
import { pairsOf } from "./dossier.ts";
import { scheduledPairs } from "./pairs.ts";

const solutionsBy = (count: number) => {
  const solutions = Array.from({ length: count }, (_, index) => solutionOf(`m${index}`));
  return { solutions, verified: solutions.map(({ solutionId }) => solutionId) };
};

const countsOf = (pairs: readonly { first: string; second: string }[], verified: readonly string[]) =>
  verified.map((id) => pairs.filter(({ first, second }) => first === id || second === id).length);

const ratings = fc.array(
  fc.record({
    mu: fc.double({ min: 0, max: 50, noNaN: true }),
    sigma: fc.double({ min: 0.5, max: 9, noNaN: true }),
  }),
  { minLength: 12, maxLength: 12 },
);

test("all pairs where nothing is scheduled, each once", () => {
  const { verified } = solutionsBy(4);
  const ids = pairsOf(dossierOf({ verified })).map(({ pair }) => pair);
  expect(new Set(ids).size).toBe(6);
  expect(pairsOf(dossierOf({ verified, pairs: [] }))).toEqual([]);
});

describe("scheduled pairs", () => {
  test("are distinct pairs of verified solutions, as many as asked for where there are so many", () => {
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 80 }), ratings, (count, duels, known) => {
        const dossier = solutionsBy(count);
        const rated = Object.fromEntries(known.map((rating, index) => [`m${index}`, rating]));
        const pairs = scheduledPairs(dossier, rated, duels);
        expect(pairs).toHaveLength(Math.min(duels, (count * (count - 1)) / 2));
        const all = pairsOf(dossierOf(dossier));
        expect(all).toEqual(expect.arrayContaining(pairs));
        expect(new Set(pairs).size).toBe(pairs.length);
      }),
    );
  });

  test("show every solution once before any stands in its second pair", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), ratings, (count, known) => {
        const dossier = solutionsBy(count);
        const rated = Object.fromEntries(known.map((rating, index) => [`m${index}`, rating]));
        const once = scheduledPairs(dossier, rated, Math.floor(count / 2));
        expect(Math.max(...countsOf(once, dossier.verified))).toBe(1);
        const all = scheduledPairs(dossier, rated, Math.ceil(count / 2));
        expect(Math.min(...countsOf(all, dossier.verified))).toBe(1);
      }),
    );
  });

  test("show the solutions about equally often", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), ratings, (count, known) => {
        const dossier = solutionsBy(count);
        const rated = Object.fromEntries(known.map((rating, index) => [`m${index}`, rating]));
        const counts = countsOf(scheduledPairs(dossier, rated, count), dossier.verified);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
      }),
    );
  });

  test("prefer those whose outcome is open and whose ratings are uncertain", () => {
    const rated = (...known: Rating[]) =>
      scheduledPairs(solutionsBy(4), Object.fromEntries(known.map((one, index) => [`m${index}`, one])), 2);
    const close = rated(
      { mu: 30, sigma: 2 },
      { mu: 20, sigma: 2 },
      { mu: 31, sigma: 2 },
      { mu: 21, sigma: 2 },
    );
    expect(close.map(({ pair }) => pair).toSorted()).toEqual(["q/m0|q/m2", "q/m1|q/m3"]);
    const uncertain = rated(
      { mu: 25, sigma: 1 },
      { mu: 25, sigma: 7 },
      { mu: 25, sigma: 1 },
      { mu: 25, sigma: 7 },
    );
    expect(uncertain[0]?.pair).toBe("q/m1|q/m3");
  });

  test("come to those first who have not been rated yet", () => {
    const known = { m0: { mu: 25, sigma: 2 }, m1: { mu: 25, sigma: 2 } };
    expect(scheduledPairs(solutionsBy(4), known, 1)[0]?.pair).toBe("q/m2|q/m3");
  });
});
