/** The operator's own agent, and the life of a question that a person asks. */
import { describe, expect, test } from "vitest";
import type { Message } from "../runtime/messages.ts";
import { after, dossierOf, drive, group, said, settings, solutionOf } from "./machines.fixture.ts";
import { type Asked, operatorMachine } from "./operator.ts";
import { questionMachine } from "./question.ts";

const asked = (question: string): Asked =>
  said("operator.asked", { act: question, operator: "ada", question, text: "7*8+5", seconds: 60 });
const answered = (question: string): Message =>
  said("question.answered", { dossier: dossierOf({ question }) });
const joined = group.map((agent) =>
  said("agent.joined", { agent, kind: "model", machine: {}, member: true }),
);
const start = (records: readonly Message[] = []) =>
  drive(operatorMachine, { settings, records, expected: group });
const openIn = ({ state }: ReturnType<typeof start>) => state.context.open.map(({ question }) => question);

describe("the operator", () => {
  test("poses once the members are there, or late", () => {
    const early = start().send(asked("a"));
    expect(early.state.value).toBe("gathering");
    expect(early.send(...joined).state.value).toBe("asking");
    expect(early.send(after("deadline", "operator.gathering")).state.value).toBe("asking");
    expect(start().send(...joined).state.value).toBe("listening");
  });

  test("has several questions open, and rests after the last answer", () => {
    const two = start().send(...joined, asked("a"), asked("b"));
    expect(openIn(two)).toEqual(["a", "b"]);
    const one = two.send(answered("a"));
    expect([one.state.value, openIn(one)]).toEqual(["asking", ["b"]]);
    expect(one.send(answered("b")).state.value).toBe("listening");
  });

  test("asks again after a restart what has no answer, and in a fork nothing", () => {
    const records = [asked("a"), asked("b"), answered("a")];
    expect(openIn(start(records))).toEqual(["b"]);
    expect(start(records).send(...joined).state.value).toBe("asking");
    const forked = said("run.forked", { act: "f", operator: "ada", parent: "p", records: 3, changed: [] });
    expect(openIn(start([...records, forked]))).toEqual([]);
  });
});

describe("an asked question", () => {
  const input = {
    ...{ question: "q", round: 3, author: "operator", adapter: 0, difficulty: 0, text: "2+2", openedAt: 0 },
    ...{ group, settings, paces: {}, asked: true },
  };
  const offered = (author: string) =>
    said("solution.offered", {
      ...{ question: "q", text: "2+2", group: [...group], verifiers: [], offered: solutionOf(author) },
    });
  const withheld = (author: string) => said("solution.withheld", { question: "q", author, cause: "cannot" });

  test("ends as an answer, with its dossier, and never settles", () => {
    const off = { ...settings, validVote: false, qualityVote: false, explanation: false };
    const solved = drive(questionMachine, { ...input, settings: off }).send(...group.map(offered));
    expect(solved.drafts.map(({ type }) => type)).toEqual(["question.posed", "question.answered"]);
    expect(solved.last).toMatchObject([{ dossier: { question: "q", author: "operator" } }]);
    const [end] = solved.last;
    const done = solved.send({ from: "operator/q", at: 0, ...end } as Message);
    expect(done.state.value).toBe("settled");
  });

  test("without a solution is answered with the reason, and voids nothing", () => {
    const none = drive(questionMachine, input).send(...group.map(withheld));
    expect(none.state.value).toBe("void");
    expect(none.last).toMatchObject([
      { type: "question.answered", reason: expect.stringContaining("nobody offered a solution") },
    ]);
    const flawed = drive(questionMachine, { ...input, flaw: "it is not a problem" });
    expect(flawed.drafts).toMatchObject([{ type: "question.answered", reason: "it is not a problem" }]);
  });

  test("whose round has validVote off says that nobody examines it", () => {
    const posed = drive(questionMachine, { ...input, settings: { ...settings, validVote: false } });
    expect(posed.drafts[0]).toMatchObject({ type: "question.posed", examined: false });
    expect(drive(questionMachine, input).drafts[0]).not.toHaveProperty("examined");
  });
});
