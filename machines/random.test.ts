import fc from "fast-check";
import { expect, test } from "vitest";
import { chanceOf, hashesAfter, hashOf, pickOne } from "./random.ts";

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
