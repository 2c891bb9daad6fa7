import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCharacter } from "../../runtime/unicode.fixture.ts";
import { answers } from "./answers.fixture.ts";
import { choiceIn, finalAnswer } from "./final-answer.ts";

describe("the final answer", () => {
  test.each([
    ["First \\boxed{3}, but no: \\boxed{\\frac{1}{\\sqrt{2}}}.", "\\frac{1}{\\sqrt{2}}"],
    ["Both $\\boxed{1}$ and $\\boxed{-2}$.", "1, -2"],
    ["A loss of $\\boxed{28}$ percent", "28\\%"],
    ["<think>\\boxed{1}</think>The answer is 2.", "2"],
    ["The final answer is $10,455$. I hope it is correct.", "10,455"],
    ["Some work.\nFinal Answer: The largest $n$ is 34.", "34"],
    ["There are many ways to see it.\n\nFinal Answer: **73**", "73"],
    ["Therefore, the perimeter is $14 + 7\\sqrt{2}$ inches, in simplest form.", "14 + 7\\sqrt{2}"],
    ["So she has to pay $1,234.50 in the end.", "1,234.50"],
    ["x^2 + 1", "x^2 + 1"],
    ["<think>\\boxed{1}", undefined],
    ["", undefined],
  ])("of %j is %j", (reply, answer) => expect(finalAnswer(reply)).toBe(answer));

  test("is what is boxed last, whatever stands before and after it", () => {
    const words = fc.stringMatching(/^[a-z .]{0,80}$/);
    fc.assert(
      fc.property(words, answers, words, (before, answer, after) => {
        expect(finalAnswer(`${before} \\boxed{${answer}} ${after}`)).toBe(answer);
      }),
    );
  });

  test("is found in a sentence that announces it", () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(finalAnswer(`We add both sides, and see it.\nThe final answer is $${answer}$.`)).toBe(answer);
      }),
    );
  });

  test("of hostile text is found without throwing, quickly", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500, unit: anyCharacter }), (text) => {
        finalAnswer(text);
        choiceIn(text);
      }),
    );
    const began = performance.now();
    for (const piece of [
      "$",
      "\\boxed{",
      "\\(",
      "answer ",
      "1,",
      "**",
      " ",
      "a ",
      "and ",
      "{",
      "answer is ",
      "1.\n",
    ]) {
      finalAnswer(piece.repeat(50_000));
      choiceIn(piece.repeat(50_000));
    }
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 60_000);
});

describe("the letter of a choice", () => {
  test.each([
    ["The answer is (B).", "B"],
    ["Answer: C, since A is false.", "C"],
    ["\\boxed{\\text{D}}", "D"],
    ["It cannot be A. **B**", "B"],
    ["(D)", "D"],
    ["I do not know.", undefined],
    ["A planet", undefined],
    ["\\boxed{B}", "B"],
    ["\\boxed{B) 42}", "B"],
    ["\\boxed{\\text{(B)}}", "B"],
    ["\\boxed{\\textbf{C. } 3\\text{ nm}}", "C"],
    ["\\boxed{Ca^{2+}}", undefined],
    ["\\boxed{Diethyl ether}", undefined],
    ["\\boxed{\\text{Benzene}}", undefined],
    ["\\boxed{\\mathrm{H}_2O}", undefined],
    ["\\boxed{B_0/2}", undefined],
    ["B_0/2", undefined],
    ["D-glucose", undefined],
    ["F = ma", undefined],
    ["Answer: C\n\nWhy not the others: option A is small, and option D has no unit.", "C"],
    ["The correct answer is C.\nOption B is wrong because it ignores friction.", "C"],
    ["The correct option is (C). Choice D has the wrong sign.", "C"],
    ["The answer is option C. Option D ignores friction.", "C"],
    ["Option A is incorrect. Option B is incorrect. Therefore D.", "D"],
    ["Option C fits. Option A is clearly not possible, and option B cannot be.", "C"],
    ["It is option C, not the option A.", "C"],
  ])("in %j is %j", (reply, letter) => expect(choiceIn(reply)).toBe(letter));
});
