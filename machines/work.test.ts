import { describe, expect, test } from "vitest";
import type { Draft } from "../runtime/messages.ts";
import { solutionOf } from "./machines.fixture.ts";
import {
  abstention,
  countPieces,
  gathered,
  type Pose,
  pieceAt,
  questionIds,
  type Vote,
  type Work,
} from "./work.ts";

const work: Work = { kind: "solve", id: "solve:q", question: "q", text: "2+2", group: [], exemplars: [] };
const pairs = [
  { pair: "q/ant|q/bee", first: "q/ant", second: "q/bee" },
  { pair: "q/ant|q/cat", first: "q/ant", second: "q/cat" },
];
const vote: Vote = { kind: "vote", id: "vote:q", question: "q", text: "2+2", pairs, solutions: {} };

describe("an abstention", () => {
  const said = (undone: Work) => abstention(undone, "ant", 3, "model down");

  test("names the cause, for every kind of work", () => {
    const pose: Pose = { kind: "pose", id: "q0-0-1", round: 0, difficulty: 1, count: 2 };
    expect(questionIds(pose)).toEqual(["q0-0-1.0", "q0-0-1.1"]);
    expect(said(pose)).toMatchObject([
      { type: "question.voided", question: "q0-0-1.0", adapter: 3, reason: "model down" },
      { type: "question.voided", question: "q0-0-1.1", adapter: 3, reason: "model down" },
    ]);
    expect(said(work)).toEqual([
      { type: "solution.withheld", question: "q", author: "ant", cause: "model down", taught: false },
    ]);
    const asked = { id: "x", question: "q", text: "2+2" };
    expect(said({ kind: "verify", ...asked, group: [], solution: solutionOf("bee") })).toMatchObject([
      { type: "verdict.given", verdicts: [{ solutionId: "q/bee", verdict: "abstain", text: "model down" }] },
    ]);
    expect(said({ kind: "explain", ...asked, winner: solutionOf("ant"), remarks: [] })).toMatchObject([
      { type: "explanation.withheld", cause: "model down" },
    ]);
    const blank = { voter: "ant", adapter: 3, text: "model down" };
    const ballots = pairs.map(({ pair }) => ({ pair, ...blank }));
    expect(said(vote)).toEqual([{ type: "ballot.cast", question: "q", ballots }]);
  });
});

describe("pieces", () => {
  test("of a vote are its pairs, each with an id of its own; other work is whole", () => {
    const piecesOf = (whole: Work) =>
      Array.from({ length: countPieces(whole) }, (_, place) => pieceAt(whole, place));
    expect(piecesOf(vote)).toEqual([
      { ...vote, id: "vote:q/ant|q/bee", pairs: pairs.slice(0, 1) },
      { ...vote, id: "vote:q/ant|q/cat", pairs: pairs.slice(1) },
    ]);
    expect(piecesOf({ ...vote, pairs: [] })).toEqual([]);
    expect(piecesOf(work)).toEqual([work]);
  });
});

describe("what ends together", () => {
  const verdict = (solutionId: string) => ({
    ...{ solutionId, verifier: "ant", adapter: 0, verdict: "accept" as const, text: "" },
  });
  const ballot = (pair: string) => ({ pair, voter: "ant", adapter: 0, text: "" });
  const given = (question: string, ...ids: string[]): Draft => ({
    ...{ type: "verdict.given", question, verdicts: ids.map(verdict) },
  });
  const cast = (question: string, ...names: string[]): Draft => ({
    ...{ type: "ballot.cast", question, ballots: names.map(ballot) },
  });
  const withheld = (question: string): Draft => ({
    ...{ type: "solution.withheld", question, author: "ant", cause: "model down" },
  });

  test("is one message of verdicts and one of ballots for each question, in the order it ended in", () => {
    expect(gathered([given("q", "a"), given("r", "b"), given("q", "c", "d"), cast("q", "x")])).toEqual([
      ...[given("q", "a", "c", "d"), given("r", "b"), cast("q", "x")],
    ]);
    expect(gathered([cast("q", "x"), cast("q", "y", "z")])).toEqual([cast("q", "x", "y", "z")]);
  });

  test("is otherwise said as it is", () => {
    expect(gathered([])).toEqual([]);
    expect(gathered([withheld("q"), withheld("q"), withheld("r")])).toEqual([
      ...[withheld("q"), withheld("q"), withheld("r")],
    ]);
  });
});
