import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawProblem } from "../corpus/material.ts";
import { seededRandom } from "../corpus/random.ts";
import { type Chain, chainText, exact, parseChain } from "./arithmetic.ts";
import { normalText, purposeOf } from "./heldout.ts";
import { conclusion, derive, planOf, STYLES } from "./plan.ts";
import { FAMILIES, parseProblem, problemText } from "./problem.ts";
import { solutionText } from "./solution.ts";

const chainOf = (text: string): Chain => {
  const chain = parseChain(text);
  if (!chain) throw new Error(`no chain: ${text}`);
  return chain;
};

/** A chain's value in ordinary arithmetic, without remainders in between. */
const plainValue = ({ first, operations }: Chain): number =>
  operations.reduce(
    (left, { operator, operand }) =>
      operator === "+" ? left + operand : operator === "-" ? left - operand : left * operand,
    first,
  );

const problems = fc
  .record({
    seed: fc.nat(),
    family: fc.constantFrom(...FAMILIES),
    difficulty: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ seed, family, difficulty }) => ({
    difficulty,
    ...drawProblem(family, difficulty, "corpus", seededRandom(seed)),
  }));
const styles = fc.constantFrom(...STYLES);

describe("arithmetic of the last digits", () => {
  test("works left to right and wraps below zero", () => {
    const problem = { family: "chain", chain: chainOf("7*8-9+9") } as const;
    const text = (style: (typeof STYLES)[number]) => solutionText(derive(planOf(problem, style)), style);
    expect(text("steps")).toBe("7*8=6 6-9=7 7+9=6 ans 6");
    expect(text("leaps")).toBe("7*8-9=7 7+9=6 ans 6");
    expect(text("answer")).toBe("ans 6");
  });

  test("keeps two digits if a chain begins with two", () => {
    const problem = { family: "tens", chain: chainOf("37+8*6-9") } as const;
    const text = (style: (typeof STYLES)[number]) => solutionText(derive(planOf(problem, style)), style);
    expect(text("steps")).toBe("37+8=45 45*6=70 70-9=61 ans 61");
    expect(text("leaps")).toBe("37+8*6=70 70-9=61 ans 61");
    expect(solutionText(derive(planOf({ family: "tens", chain: chainOf("02-5") })), "steps")).toBe(
      "02-5=97 ans 97",
    );
  });

  test("undoes the operations on an unknown number, from the last one back", () => {
    const problem = parseProblem("x+7-3=5");
    if (!problem) throw new Error("no problem");
    expect(solutionText(derive(planOf(problem)), "steps")).toBe("5+3=8 8-7=1 ans 1");
    expect(solutionText(derive(planOf(problem, "leaps")), "leaps")).toBe("5+3-7=1 ans 1");
  });

  test("every style leads to the answer of ordinary arithmetic", () => {
    fc.assert(
      fc.property(problems, styles, (problem, style) => {
        const { family, chain } = problem;
        const found = conclusion(derive(planOf(problem, style), exact));
        const value =
          family === "back"
            ? plainValue({ ...chain, first: found }) - chain.first
            : plainValue(chain) - found;
        expect(Math.abs(value % chain.modulus)).toBe(0);
        expect(found).toBeLessThan(chain.modulus);
        expect(found).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("a problem's text parses to the problem", () => {
    fc.assert(
      fc.property(problems, fc.nat(), ({ difficulty, ...problem }, seed) => {
        expect(problem.chain.operations).toHaveLength(difficulty);
        expect(parseProblem(problemText(problem, seededRandom(seed).pick))).toEqual(problem);
        if (problem.family !== "chain" && problem.family !== "story") return;
        const mixed = problemText({ ...problem, family: "mixed" }, seededRandom(seed).pick);
        if (problem.chain.operations.length > 1)
          expect(parseProblem(mixed)).toEqual({ ...problem, family: "mixed" });
      }),
    );
    for (const none of [
      "",
      "7",
      "7*8=6",
      "37+48",
      "3+48",
      "137+4",
      "x*2=4",
      "x+3",
      "zed has 7 finds 8 how many",
    ])
      expect(parseProblem(none), none).toBeUndefined();
  });

  test("about one problem in sixty-four is held out for each purpose, and none of one operation", () => {
    const counts = { corpus: 0, benchmark: 0, anchor: 0 };
    const drawn = Array.from({ length: 8000 }, (_, index) => {
      const operations = [...String(index).padStart(4, "0")].map((digit) => `+${digit}`).join("");
      return { family: index % 2 === 0 ? "chain" : "back", chain: chainOf(`3${operations}`) } as const;
    });
    for (const { family, chain } of drawn) {
      counts[purposeOf({ family, chain })] += 1;
      const short = { ...chain, operations: chain.operations.slice(0, 1) };
      expect(purposeOf({ family, chain: short })).toBe("corpus");
    }
    expect(counts.benchmark / 8000).toBeCloseTo(1 / 64, 2);
    expect(counts.anchor / 8000).toBeCloseTo(1 / 64, 2);
    expect(new Set(drawn.map(normalText)).size).toBe(8000);
    expect(chainText(chainOf("07*8-3"))).toBe("07*8-3");
  });
});
