import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawChain, drawFaulty } from "../corpus/material.ts";
import { seededRandom } from "../corpus/random.ts";
import { chainText, conclusion, derive } from "./arithmetic.ts";
import { solutionText } from "./solution.ts";
import { isSound } from "./soundness.ts";

describe("isSound", () => {
  test("is true if every step or leap is correct and continues the previous one", () => {
    expect(isSound("7*8-3+9", "7*8=6 6-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("7*8-3+9", "7*8-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("tom has 7 times 8 how many", "7*8=6 ans 6")).toBe(true);
  });

  test("is false if a step is wrong, missing, repeated or replaced, even with a correct answer", () => {
    for (const text of [
      "ans 2",
      "7*8=6 6-3=4 3+9=2 ans 2",
      "7*8=6 5-3=3 3+9=2 ans 2",
      "7*8=6 3+9=2 ans 2",
      "7*8=6 6-3=3 3+9=2 3+9=2 ans 2",
      "7*8=6 6-3=3 3*4=2 ans 2",
      "7*8=6 6-3=3 3+9=2 ans 3",
    ])
      expect(isSound("7*8-3+9", text), text).toBe(false);
    expect(isSound("what is it", "ans 2")).toBeUndefined();
  });

  test("is true for correct derivations of any chain, and false for faulty ones", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), (seed, difficulty) => {
        const chain = drawChain(difficulty, "corpus", seededRandom(seed));
        const steps = derive(chain);
        for (const style of ["steps", "leaps"] as const)
          expect(isSound(chainText(chain), solutionText(steps, style))).toBe(true);
        for (const fault of ["lapse", "gap", "silence"] as const) {
          const { text, answer } = drawFaulty(chain, fault, seededRandom(seed));
          expect(answer).toBe(conclusion(steps));
          expect(isSound(chainText(chain), text), text).toBe(false);
        }
      }),
    );
  });
});
