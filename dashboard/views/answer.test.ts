import { expect, test } from "vitest";
import { dossier } from "../../runtime/messages.fixture.ts";
import { answerOf } from "./answer.ts";

test("the verdict is the winner's answer, with those who agree and the share of checks for it", () => {
  const asked = dossier("q");
  expect(answerOf(asked)).toEqual({
    ...{ answer: "4", author: "ada", confidence: 1 },
    answers: [
      { answer: "4", authors: ["ada", "bob"] },
      { answer: "5", authors: ["cyd"] },
    ],
    checks: { agreeing: 6, given: 6 },
    reasons: [
      { by: "ada", text: "left to right" },
      { by: "bob", text: "checked" },
      { by: "cyd", text: "checked" },
    ],
  });
});

test("a check speaks against the answer where it refuses it or accepts another; an abstention says nothing", () => {
  const asked = dossier("q");
  const verdicts = asked.verdicts.map((given) => {
    if (given.solutionId === "q.cyd" && given.verifier === "ada")
      return { ...given, verdict: "accept" as const };
    if (given.solutionId === "q.bob" && given.verifier === "cyd")
      return { ...given, verdict: "refuse" as const };
    return given.solutionId === "q.bob" ? { ...given, verdict: "abstain" as const } : given;
  });
  expect(answerOf({ ...asked, verdicts })).toMatchObject({
    checks: { agreeing: 3, given: 5 },
    confidence: 0.6,
  });
});

test("without a winner there is no verdict, only the answers", () => {
  const { winner: _, ...undecided } = dossier("q");
  const view = answerOf(undecided);
  expect(view.answers).toHaveLength(2);
  expect(view).not.toHaveProperty("answer");
  expect(view).not.toHaveProperty("confidence");
});
