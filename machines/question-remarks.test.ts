/** Remarks before the vote: who is waited for, and what is kept and shown of what is said. */
import { describe, expect, test } from "vitest";
import type { Draft, Message } from "../runtime/messages.ts";
import { after, askedIn, drive, group, said, settings, solutionOf, typesOf } from "./machines.fixture.ts";
import { questionMachine } from "./question.ts";

const posed = {
  ...{ question: "q", round: 0, author: "ant", adapter: 0, difficulty: 1, text: "2+2", openedAt: 0 },
  ...{ group: [...group], settings, paces: {} },
};
const verified = group.flatMap((author) => [
  said("solution.offered", {
    question: "q",
    text: "2+2",
    ...askedIn(group, author),
    offered: solutionOf(author),
  }),
  ...group
    .filter((verifier) => verifier !== author)
    .map((verifier) =>
      said("verdict.given", {
        question: "q",
        verdicts: [{ solutionId: `q/${author}`, verifier, adapter: 0, verdict: "accept", text: "" }],
      }),
    ),
]);
const by = <M extends Message>(from: string, message: M): M => ({ ...message, from });
const remark = (from: string, text: string, solutionId?: string): Message =>
  by(
    from,
    said("remark.made", { question: "q", kind: "doubt", text, ...(solutionId ? { solutionId } : {}) }),
  );
const finished = (from: string): Message => by(from, said("remarks.finished", { question: "q" }));
const start = (remarkers: readonly string[]) =>
  drive(questionMachine, { ...posed, remarkers }).send(...verified);
const ballotIn = (drafts: readonly Draft[]) => drafts.find(({ type }) => type === "ballot.opened");

describe("a question with agents that remark", () => {
  const waiting = start(["owl", "fox"]);

  test("invites them once its solutions are decided, and does not vote yet", () => {
    expect(waiting.state.value).toBe("remarking");
    expect(waiting.last).toEqual([
      expect.objectContaining({
        ...{ type: "remarks.invited", question: "q", remarkers: ["owl", "fox"] },
        solutions: group.map((author) => ({ solutionId: `q/${author}`, text: `by ${author}` })),
      }),
    ]);
  });

  test("votes once all of them have finished, with their remarks on the ballot", () => {
    const half = waiting.send(remark("owl", "weak", "q/ant"), finished("owl"));
    expect(half.state.value).toBe("remarking");
    const polling = half.send(finished("fox"));
    expect(polling.state.matches("voting")).toBe(true);
    expect(ballotIn(polling.last)).toMatchObject({
      remarks: [{ author: "owl", solutionId: "q/ant", kind: "doubt", text: "weak" }],
    });
  });

  test("waits neither for one that leaves nor for longer than remarkSeconds", () => {
    const left = waiting.send(finished("owl"), said("agent.left", { agent: "fox", reason: "failed" }));
    expect(left.state.matches("voting")).toBe(true);
    expect(waiting.send(after("hearing", "question.remarking")).state.matches("voting")).toBe(true);
  });

  test("waits for none that left or finished before it was their turn", () => {
    const early = drive(questionMachine, { ...posed, remarkers: ["owl"] }).send(finished("owl"), ...verified);
    expect(early.state.matches("voting")).toBe(true);
    expect(typesOf(early.drafts)).not.toContain("remarks.invited");
  });

  test("keeps one remark of each author on each solution, and none on the author's own or on one unknown", () => {
    const { remarks } = waiting.send(
      ...[remark("owl", "first", "q/ant"), remark("owl", "again", "q/ant"), remark("owl", "on all")],
      ...[remark("ant", "I am right", "q/ant"), remark("fox", "what", "q/nobody")],
    ).state.context.dossier;
    expect(remarks?.map(({ text }) => text)).toEqual(["first", "on all"]);
  });

  test("keeps what is said during the vote as late, and closes with all of it", () => {
    const polling = waiting.send(finished("owl"), finished("fox"), remark("owl", "too late", "q/bee"));
    expect(polling.state.context.dossier.remarks).toMatchObject([{ text: "too late", late: true }]);
  });

  test("invites nobody where no solution is verified", () => {
    const refused = verified.map((message) =>
      message.type === "verdict.given"
        ? { ...message, verdicts: message.verdicts.map((one) => ({ ...one, verdict: "refuse" as const })) }
        : message,
    );
    const { state, drafts } = drive(questionMachine, { ...posed, remarkers: ["owl"] }).send(...refused);
    expect(typesOf(drafts)).not.toContain("remarks.invited");
    expect(state.value).toEqual({ closing: "saying" });
  });
});

test("a question without agents that remark goes from verifying to voting, and shows no remarks", () => {
  const polling = start([]);
  expect(typesOf(polling.drafts)).toEqual(["question.posed", "ballot.opened"]);
  expect(ballotIn(polling.drafts)).not.toHaveProperty("remarks");
});
