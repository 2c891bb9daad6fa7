import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawFaulty } from "../corpus/fault.ts";
import { drawProblem, offer } from "../corpus/material.ts";
import { seededRandom } from "../corpus/random.ts";
import { conclusion, derive, ORDERS, planOf } from "./plan.ts";
import { FAMILIES, problemText } from "./problem.ts";
import { isSound } from "./soundness.ts";

describe("isSound", () => {
  test("is true if every step or leap is correct and continues the previous one", () => {
    expect(isSound("7*8-3+9", "7*8=6 6-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("7*8-3+9", "7*8-3=3 3+9=2 ans 2")).toBe(true);
    expect(isSound("tom has 7 times 8 how many", "7*8=6 ans 6")).toBe(true);
  });

  test("is true for every valid strategy, also for a mixture", () => {
    expect(isSound("37+48-22", "37+08=45 45+40=85 85-20=65 65-02=63 ans 63")).toBe(true);
    expect(isSound("37+48-22", "37+48=85 85-02=83 83-20=63 ans 63")).toBe(true);
    expect(isSound("x+7-3-1=5", "5+3=8 8-7=1 1+1=2 ans 2")).toBe(true);
    expect(isSound("37*6", "37*3=11 11*2=22 ans 22")).toBe(true);
  });

  test("is false if parts are mixed up, or an operation is not turned round", () => {
    for (const [question, text] of [
      ["37+48-22", "37+40=77 77-20=57 57+08=65 65-02=63 ans 63"],
      ["37+48", "37+40=77 77+40=17 ans 17"],
      ["37+48", "37+40=77 ans 77"],
      ["x+7-3=5", "5+3=8 8+7=5 ans 5"],
      ["x+7-3=5", "5+3=8 8+3=1 ans 1"],
      ["37*6", "37*3=11 11*3=33 ans 33"],
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
      order: fc.constantFrom(...ORDERS),
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
