import fc from "fast-check";
import { expect, test } from "vitest";
import { chanceOf, hashesAfter, hashOf, normalOf, pickOne } from "./random.ts";

test("the same words give the same chance, other words another", () => {
  expect(hashOf(1, "a")).toBe(hashOf(1, "a"));
  expect(hashOf("ab", "c")).not.toBe(hashOf("a", "bc"));
  expect(hashOf(1, "a")).not.toBe(hashOf(2, "a"));
});

test("a chance lies in [0, 1)", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const chance = chanceOf(...words);
      expect(chance >= 0 && chance < 1).toBe(true);
    }),
  );
});

test("similar words give evenly distributed draws", () => {
  const counts = [0, 0, 0, 0];
  for (let round = 0; round < 4000; round++) {
    const picked = pickOne([0, 1, 2, 3], 7, "generator", round) ?? -1;
    counts[picked] = (counts[picked] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test("normal draws have the mean 0, the deviation 1 and its tails, and are finite", () => {
  const draws = Array.from({ length: 20_000 }, (_, place) => normalOf("normal", place));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
  const beyond = (limit: number) => draws.filter((draw) => Math.abs(draw) > limit).length / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(Math.sqrt(variance) - 1)).toBeLessThan(0.02);
  expect(Math.abs(beyond(1) - 0.3173)).toBeLessThan(0.015);
  expect(Math.abs(beyond(2) - 0.0455)).toBeLessThan(0.006);
  expect(draws.every(Number.isFinite)).toBe(true);
});

test("nothing is picked from an empty list", () => {
  expect(pickOne([], 1)).toBeUndefined();
  expect(pickOne(["only"], 1)).toBe("only");
});

test("the hash of many last words after the same first ones is that of all words", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.string({ unit: "grapheme" }), (words, last) => {
      expect(hashesAfter(...words)(last)).toBe(hashOf(...words, last));
    }),
  );
});
