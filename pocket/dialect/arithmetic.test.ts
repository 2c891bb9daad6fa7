import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainText, conclusion, derive, exact, parseChain } from "./arithmetic.ts";
import { purposeOf } from "./heldout.ts";
import { parseProblem, problemText, storyText } from "./problem.ts";
import { solutionText } from "./solution.ts";

const digit = fc.integer({ min: 0, max: 9 });
const chains = fc.record({
  first: digit,
  operations: fc.array(fc.record({ operator: fc.constantFrom("+", "-", "*"), operand: digit }), {
    minLength: 1,
    maxLength: 9,
  }),
});

describe("last-digit arithmetic", () => {
  test("works left to right and wraps below zero", () => {
    const chain = parseChain("7*8-9+9");
    if (!chain) throw new Error("no chain");
    expect(solutionText(derive(chain), "steps")).toBe("7*8=6 6-9=7 7+9=6 ans 6");
    expect(solutionText(derive(chain), "leaps")).toBe("7*8-9=7 7+9=6 ans 6");
    expect(solutionText(derive(chain), "answer")).toBe("ans 6");
  });

  test("the last step is the whole chain modulo 10, by ordinary arithmetic", () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const whole = chain.operations.reduce(
          (left, { operator, operand }) =>
            operator === "+" ? left + operand : operator === "-" ? left - operand : left * operand,
          chain.first,
        );
        expect(conclusion(derive(chain, exact))).toBe(((whole % 10) + 10) % 10);
      }),
    );
  });

  test("a problem of any family parses to its chain", () => {
    fc.assert(
      fc.property(chains, (chain) => {
        expect(parseProblem(chainText(chain))).toEqual({ chain, family: "chain" });
        const story = storyText(chain, (items) => items[items.length - 1] as (typeof items)[number]);
        expect(parseProblem(story)).toEqual({ chain, family: "story" });
        const mixed = problemText(chain, "mixed", (items) => items[0] as (typeof items)[number]);
        if (chain.operations.length > 1) expect(parseProblem(mixed)).toEqual({ chain, family: "mixed" });
      }),
    );
    for (const none of ["", "7", "7*8=6", "zed has 7 finds 8 how many", "tom has 7 digs 8 how many"])
      expect(parseProblem(none)).toBeUndefined();
  });

  test("about one chain in sixty-four is held out for each purpose, and no chain of one operation", () => {
    const counts = { corpus: 0, benchmark: 0, anchor: 0 };
    for (let index = 0; index < 8000; index += 1) {
      const [first = 0, second = 0, third = 0, fourth = 0] = [...String(index).padStart(4, "0")].map(Number);
      const operations = [second, third, fourth].map((operand) => ({ operator: "+" as const, operand }));
      counts[purposeOf({ first, operations })] += 1;
      expect(purposeOf({ first, operations: operations.slice(0, 1) })).toBe("corpus");
    }
    expect(counts.benchmark / 8000).toBeCloseTo(1 / 64, 2);
    expect(counts.anchor / 8000).toBeCloseTo(1 / 64, 2);
  });
});
