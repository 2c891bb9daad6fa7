/** Order and filters of the question list. */
import { expect, test } from "vitest";
import type { QuestionLine } from "../../view.ts";
import { listed, parsedQuery, type QuestionsQuery } from "./question-query.ts";

const line = (question: string, given: Partial<QuestionLine>): QuestionLine => ({
  ...{ question, round: 1, at: 1, author: "ant", difficulty: 2, text: question, outcome: "settled" },
  ...{ verified: 0, solutions: 4, admitted: 0 },
  ...given,
});

const lines = [
  line("a", { difficulty: 3, verified: 1, winner: "bee" }),
  line("b", { difficulty: 1, verified: 4, misled: 1, refusals: [["bee", "cat"]] }),
  line("c", { difficulty: 2, solutions: 0, outcome: "void" }),
];
const ids = (query: Partial<QuestionsQuery>) =>
  listed(lines, { offset: 0, limit: 10, ...query }).lines.map(({ question }) => question);

test("the newest come first unless the reader sorts", () => {
  expect(ids({})).toEqual(["c", "b", "a"]);
  expect(ids({ sort: "difficulty" })).toEqual(["a", "c", "b"]);
  expect(ids({ sort: "difficulty", order: "ascending" })).toEqual(["b", "c", "a"]);
  expect(ids({ sort: "verified" })).toEqual(["b", "a", "c"]);
  expect(ids({ sort: "winner" })).toEqual(["a", "c", "b"]);
});

test("questions are found by what was verified and wrong, and by who refused whom", () => {
  expect(ids({ outcome: "misled" })).toEqual(["b"]);
  expect(ids({ verifier: "bee", solver: "cat" })).toEqual(["b"]);
  expect(ids({ verifier: "bee" })).toEqual(["b"]);
  expect(ids({ verifier: "cat", solver: "bee" })).toEqual([]);
});

test("what a person asked is found by that, and has no difficulty", () => {
  const asked = line("d", { difficulty: 0, author: "operator", askedBy: "ada", outcome: "open" });
  const found = (query: Partial<QuestionsQuery>) =>
    listed([...lines, asked], { offset: 0, limit: 10, ...query }).lines.map(({ question }) => question);
  expect(found({ posed: "person" })).toEqual(["d"]);
  expect(found({ posed: "society" })).toEqual(["c", "b", "a"]);
  expect(found({ outcome: "open" })).toEqual(["d"]);
  expect(found({ to: 2 })).toEqual(["c", "b"]);
});

test("an address gives the same query", () => {
  const query = parsedQuery(new URLSearchParams("outcome=misled&from=1&sort=round&order=ascending&limit=5"));
  expect(query).toMatchObject({
    outcome: "misled",
    from: 1,
    to: undefined,
    sort: "round",
    order: "ascending",
  });
  expect([query.offset, query.limit]).toEqual([0, 5]);
});
