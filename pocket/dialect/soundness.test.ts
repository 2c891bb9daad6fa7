import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawFaulty } from "../corpus/fault.ts";
import { drawProblem, offer } from "../corpus/material.ts";
import { seededRandom } from "../corpus/random.ts";
import { conclusion, derive, planOf } from "./plan.ts";
import { FAMILIES, problemText } from "./problem.ts";
import { isSound } from "./soundness.ts";

describe("isSound", () => {
  test("is true if every step or leap is correct and continues the previous one", () => {
    expect(isSound("7*8-3+9", "7*8=6 6-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("7*8-3+9", "7*8-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("tom has 7 times 8 how many", "7*8=6 ans 6")).toBe(true);
  });

  test("is true for every family, also for a mixture of steps and leaps", () => {
    expect(isSound("37+8-9*6", "37+8=45 45-9*6=16 ans 16")).toBe(true);
    expect(isSound("x+7-3-1=5", "5+1+3=9 9-7=2 ans 2")).toBe(true);
    expect(isSound("37*6", "37*6=22 ans 22")).toBe(true);
  });

  test("is false if an operation is not undone, or not in its turn", () => {
    for (const [question, text] of [
      ["x+7-3=5", "5+3=8 8+7=5 ans 5"],
      ["x+7-3=5", "5+3=8 8+3=1 ans 1"],
      ["x+7-3=5", "5-7=8 8+3=1 ans 1"],
      ["x+7-3=5", "5+7=2 2-3=9 ans 9"],
      ["37+8", "7+8=5 ans 5"],
    ] as const)
      expect(isSound(question, text), text).toBe(false);
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

  test("is true for correct derivations of any problem, and false for faulty ones", () => {
    const cases = {
      family: fc.constantFrom(...FAMILIES),
      style: fc.constantFrom("steps" as const, "leaps" as const),
    };
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), fc.record(cases), (seed, difficulty, one) => {
        const problem = drawProblem(one.family, difficulty, "corpus", seededRandom(seed));
        const question = problemText(problem, seededRandom(seed).pick);
        expect(isSound(question, offer(problem, one).text)).toBe(true);
        for (const fault of ["lapse", "gap", "silence"] as const) {
          const { text, answer } = drawFaulty(problem, fault, seededRandom(seed));
          expect(answer).toBe(conclusion(derive(planOf(problem))));
          expect(isSound(question, text), text).toBe(false);
        }
      }),
    );
  });
});
