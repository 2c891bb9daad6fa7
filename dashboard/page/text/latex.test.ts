import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf } from "./latex.ts";

const formulas = (text: string): string[] =>
  piecesOf(text)
    .filter(({ kind }) => kind === "formula")
    .map(({ text, display }) => (display ? `[${text}]` : text));

describe("LaTeX in a text", () => {
  test("is found in all delimiters", () => {
    expect(formulas("so \\(x^2\\), $y_1$, $$z$$ and \\[w\\]")).toEqual(["x^2", "y_1", "[z]", "[w]"]);
    expect(formulas("the answer is \\boxed{\\frac{1}{2}}.")).toEqual(["\\boxed{\\frac{1}{2}}"]);
    expect(formulas("\\begin{cases}a\\\\b\\end{cases}")).toEqual(["[\\begin{cases}a\\\\b\\end{cases}]"]);
  });

  test("is not found in amounts of money, paths and unclosed delimiters", () => {
    for (const text of ["$5 and $6", "costs $ 5 $", "\\(x", "$$x", "\\boxed{x", "\\begin{a}", "C:\\new$"]) {
      expect(formulas(text)).toEqual([]);
    }
  });

  test("splits any text into pieces that join to the same text", () => {
    const part = fc.constantFrom(
      "$",
      "$$",
      "\\(",
      "\\)",
      "\\[",
      "\\]",
      "\\boxed{",
      "{",
      "}",
      "x",
      " ",
      "=",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        expect(
          piecesOf(text)
            .map(({ source }) => source)
            .join(""),
        ).toBe(text);
      }),
    );
  });

  test("is limited in number and length", () => {
    expect(formulas("$x$ ".repeat(1000)).length).toBe(200);
    expect(formulas(`\\(${"x".repeat(5000)}\\)`)).toEqual([]);
  });

  test("keeps a long text of unclosed delimiters", () => {
    const text = "\\boxed{".repeat(2000) + "$x ".repeat(2000);
    expect(
      piecesOf(text)
        .map(({ source }) => source)
        .join(""),
    ).toBe(text);
  });
});
