import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSameAnswer, normalAnswer } from "./answer.ts";

describe("equal answers", () => {
  test.each([
    ["7", "7"],
    ["7", " $7$. "],
    ["7", "7.0"],
    ["-7", "−7"],
    ["1000", "1,000"],
    ["12345678", "12{,}345{,}678".replaceAll("{,}", ",")],
    ["0.5", "1/2"],
    ["\\frac{1}{2}", "\\dfrac12"],
    ["\\frac{1}{2}", "0.50"],
    ["\\frac{2}{4}", "\\tfrac{1}{2}"],
    ["-\\frac{3}{4}", "-0.75"],
    ["1\\frac{1}{2}", "3/2"],
    ["50\\%", "50"],
    ["90^\\circ", "90"],
    ["\\$18", "18"],
    ["£18", "18"],
    ["18", "18 dollars"],
    ["12", "12 \\text{ cm}"],
    ["7", "x = 7"],
    ["7", "\\boxed{\\text{7}}"],
    ["\\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"],
    ["2\\sqrt{3}", "2\\sqrt3"],
    ["x \\le 3", "x\\leq 3"],
    ["023", "23"],
    ["\\text{Evelyn}", "evelyn"],
  ])("%s and %s", (gold, given) => expect(isSameAnswer(gold, given)).toBe(true));
});

describe("different answers", () => {
  test.each([
    ["7", "8"],
    ["7", "-7"],
    ["\\frac{1}{2}", "\\frac{1}{3}"],
    ["0.333", "1/3"],
    ["(1, 2)", "(2, 1)"],
    ["1/0", "1/0.0"],
    ["", ""],
    ["$", "\\boxed{}"],
    ["x + 1", "1 + x"],
    ["12", "1, 2"],
  ])("%s and %s", (gold, given) => expect(isSameAnswer(gold, given)).toBe(false));
});

test("no text makes the comparison throw or take long, and it is symmetric", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 }), (left, right) => {
      expect(isSameAnswer(left, right)).toBe(isSameAnswer(right, left));
      normalAnswer(left);
    }),
  );
  for (const piece of ["9", "\\frac{", "{", "\\text{", "1,", " ", "x_{", "/"]) {
    normalAnswer(piece.repeat(50_000));
    isSameAnswer(piece.repeat(50_000), piece.repeat(49_999));
  }
});

test("a number is the same in every notation", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (above, below) => {
      const minus = above < 0 ? "-" : "";
      expect(isSameAnswer(`${above}/${below}`, `${minus}\\dfrac{${Math.abs(above)}}{${below}}`)).toBe(true);
      expect(isSameAnswer(String(above), (above / 1).toFixed(3))).toBe(true);
    }),
  );
});

const file = join(import.meta.dirname, "../../../shared/data/grader/cases-math-verify.jsonl");

/** This grader has no algebra, so it refuses some right answers; it must not accept wrong ones. */
test.skipIf(!existsSync(file))("accepts almost no wrong answer from the tests of public graders", () => {
  const rows = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): { gold: string; pred: string; equal: boolean } => JSON.parse(line));
  const wronglyAccepted = rows.filter(({ gold, pred, equal }) => !equal && isSameAnswer(gold, pred));
  expect(wronglyAccepted.length / rows.length).toBeLessThan(0.03);
});
