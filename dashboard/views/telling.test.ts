import { expect, test } from "vitest";
import type { QuestionLine } from "../view.ts";
import { tellingQuestion, weightOfDossier } from "./telling.ts";

const line = (question: string, at: number, change: Partial<QuestionLine> = {}): QuestionLine => ({
  ...{ question, at, round: 0, author: "wren", difficulty: 2, text: "1+1", outcome: "settled" },
  ...{ verified: 4, solutions: 4, admitted: 1 },
  ...change,
});
const mixed = { verified: 2, outcome: "disputed" } as const;

test("a question whose checks separate its solutions is told of, also if newer ones are unanimous", () => {
  const lines = [
    line("mixed", 10_000, mixed),
    line("dull", 14_000),
    line("duller", 15_000, { verified: 0, admitted: 0 }),
  ];
  expect(tellingQuestion(lines, 16_500)).toBe("mixed");
});

test("it stays for some seconds, and an old one gives way", () => {
  const lines = [line("first", 10_000, mixed), line("second", 17_000, mixed)];
  const shown = [16_000, 18_000, 23_999].map((at) => tellingQuestion(lines, at));
  expect(shown).toEqual(["first", "first", "first"]);
  expect(tellingQuestion(lines, 24_000)).toBe("second");
});

test("before the first slot has ended the first question is told of, and never a void one", () => {
  expect(tellingQuestion([line("void", 100, { outcome: "void" }), line("one", 900)], 1000)).toBe("one");
  expect(tellingQuestion([], 1000)).toBeUndefined();
  expect(tellingQuestion([line("void", 100, { outcome: "void" })], 9000)).toBeUndefined();
});

test("of questions under way the one with a refusal beside an acceptable solution weighs most", () => {
  const solutions = ["7", "8"].map((answer) => ({
    ...{ solutionId: answer, author: answer, adapter: 0, text: "", answer, examples: "", exemplars: [] },
  }));
  const refused = { solutionId: "7", verifier: "wren", adapter: 0, verdict: "refuse" as const, text: "" };
  const weights = [
    weightOfDossier({ solutions, verdicts: [refused], ballots: [] }),
    weightOfDossier({ solutions, verdicts: [], ballots: [] }),
    weightOfDossier({ solutions: [], verdicts: [], ballots: [] }),
  ];
  expect(weights).toEqual(weights.toSorted((left, right) => right - left));
  expect(new Set(weights).size).toBe(3);
});
