import { describe, expect, test } from "vitest";
import { lastBraces, lastLine, withoutThinking } from "./reading.ts";

describe("thinking", () => {
  test.each([
    ["a reply without any", "The answer is 4.", "The answer is 4."],
    ["a thought before the reply", "<think>\n2 + 2\n</think>\n\nIt is 4.", "It is 4."],
    ["a thought that the template opened", "2 + 2 is 4\n</think>\nIt is 4.", "It is 4."],
    ["several thoughts", "<think>a</think>no<think>b</think>yes", "yes"],
    ["a thought that was cut off", "<think>Verdict: correct", ""],
    ["a thought after the reply", "It is 4. <think>or 5", "It is 4."],
    ["other marks", "[THINK]hm[/THINK]It is 4.", "It is 4."],
  ])("%s", (_, text, said) => expect(withoutThinking(text)).toBe(said));
});

describe("the last line", () => {
  test.each([
    ["one\ntwo", "two"],
    ["one\r\ntwo\r\n\r\n", "two"],
    ["**Verdict:** correct.", "Verdict: correct"],
    ["Verdict: correct\n```", "Verdict: correct"],
    ["Verdict: correct\n---\n***", "Verdict: correct"],
    ["### Verdict: incorrect ✅!", "Verdict: incorrect"],
    ["3. Verdict: $\\boxed{\\text{correct}}$", "Verdict: correct"],
    ["> Verdict: correct", "> Verdict: correct"],
    ["Verdict: correct𝐱", "Verdict: correct𝐱"],
    ["", ""],
    ["```\n---", ""],
  ])("of %j is %j", (text, line) => expect(lastLine(text)).toBe(line));
});

describe("the last braces", () => {
  test.each([
    ["so \\boxed{4}.", "4"],
    ["\\boxed{1} then \\boxed{2}", "2"],
    ["\\boxed{\\frac{1}{\\sqrt{2}}}", "\\frac{1}{\\sqrt{2}}"],
    ["\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
    ["\\boxed{\\left\\{ x \\right.}", "\\left\\{ x \\right."],
    ["\\boxed{\\boxed{7}}", "7"],
    ["\\boxed{4} and \\boxed{5", "4"],
    ["\\boxed 4", undefined],
    ["nothing", undefined],
  ])("of %s hold %s", (text, held) => expect(lastBraces(text, "\\boxed")).toBe(held));
});
