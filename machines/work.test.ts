import { describe, expect, test } from "vitest";
import { solutionOf } from "./machines.fixture.ts";
import { abstention, type Pose, questionIds, type Work } from "./work.ts";

const work: Work = { kind: "solve", id: "solve:q", question: "q", text: "2+2", group: [], exemplars: [] };

describe("an abstention", () => {
  const said = (undone: Work) => abstention(undone, "ant", 3, "model down");
  const pair = { pair: "p", first: "q/ant", second: "q/bee" };

  test("names the cause, for every kind of work", () => {
    const pose: Pose = { kind: "pose", id: "q0-0-1", round: 0, difficulty: 1, count: 2 };
    expect(questionIds(pose)).toEqual(["q0-0-1.0", "q0-0-1.1"]);
    expect(said(pose)).toMatchObject([
      { type: "question.voided", question: "q0-0-1.0", adapter: 3, reason: "model down" },
      { type: "question.voided", question: "q0-0-1.1", adapter: 3, reason: "model down" },
    ]);
    expect(said(work)).toEqual([
      { type: "solution.withheld", question: "q", author: "ant", cause: "model down" },
    ]);
    const asked = { id: "x", question: "q", text: "2+2" };
    expect(said({ kind: "verify", ...asked, group: [], solution: solutionOf("bee") })).toMatchObject([
      { type: "verdict.given", given: { solutionId: "q/bee", verdict: "abstain", text: "model down" } },
    ]);
    expect(said({ kind: "explain", ...asked, winner: solutionOf("ant"), remarks: [] })).toMatchObject([
      { type: "explanation.withheld", cause: "model down" },
    ]);
    const [vote] = said({ kind: "vote", ...asked, pair, solutions: {} });
    expect(vote).toMatchObject({
      type: "ballot.cast",
      cast: { pair: "p", voter: "ant", text: "model down" },
    });
    expect(vote?.type === "ballot.cast" && vote.cast).not.toHaveProperty("choice");
  });
});
