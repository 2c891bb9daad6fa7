/** What a person asks is in the list of questions from the moment of asking, marked with who asked. */
import { expect, test } from "vitest";
import { dossier } from "../../runtime/messages.fixture.ts";
import { factOf } from "../record/facts.ts";
import { judgeOf } from "../record/judge.ts";
import { Questions } from "./questions.ts";

const sources = {
  judge: judgeOf({ truth: () => "4", grade: (_, answer) => answer === "4" }),
  learnChart: () => "chart",
};

const asked = (questions: Questions, question: string, operator: string): void =>
  questions.accept(
    factOf(
      {
        type: "operator.asked",
        from: "operator",
        at: 5,
        act: `act-${question}`,
        operator,
        question,
        text: "2+2",
        seconds: 9,
      },
      sources,
    ),
  );
const list = (questions: Questions, posed?: "person" | "society") =>
  questions.list({ posed, offset: 0, limit: 10 }).lines;

test("a question is open with its asker until it is answered, and has the outcome of its answer then", () => {
  const questions = new Questions();
  asked(questions, "asked-1", "ada");
  const before = questions.revision;
  expect(list(questions)).toMatchObject([
    { question: "asked-1", outcome: "open", askedBy: "ada", solutions: 0 },
  ]);
  questions.accept(
    factOf({ type: "question.answered", from: "operator", at: 9, dossier: dossier("asked-1") }, sources),
  );
  expect(questions.revision).toBeGreaterThan(before);
  expect(list(questions)).toMatchObject([{ at: 9, askedBy: "ada", solutions: 3 }]);
  expect(list(questions)[0]?.outcome).not.toBe("open");
  expect(list(questions, "person")).toHaveLength(1);
  expect(list(questions, "society")).toEqual([]);
  expect(questions.telling(1_000_000)).toBeUndefined();
});

test("an answer without a solution is void, and a fork leaves what was asked in the other run", () => {
  const questions = new Questions();
  asked(questions, "asked-1", "ada");
  asked(questions, "asked-2", "bob");
  const answered = {
    type: "question.answered" as const,
    from: "operator",
    at: 9,
    dossier: dossier("asked-1"),
  };
  questions.accept(factOf({ ...answered, reason: "no time" }, sources));
  expect(list(questions).map(({ outcome }) => outcome)).toEqual(["open", "void"]);
  questions.accept(
    factOf(
      {
        type: "run.forked",
        from: "host",
        at: 10,
        act: "x",
        operator: "ada",
        parent: "p",
        records: 3,
        changed: [],
      },
      sources,
    ),
  );
  expect(list(questions).map(({ question }) => question)).toEqual(["asked-1"]);
});
