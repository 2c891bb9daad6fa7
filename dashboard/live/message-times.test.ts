import { describe, expect, test } from "vitest";
import { dossier, sealed, settled } from "../../runtime/messages.fixture.ts";
import { parseTold } from "../record/told.ts";
import { MessageTimes } from "./message-times.ts";

describe("the times of messages", () => {
  const { text, group, solutions, verdicts } = dossier("q1");
  const posed = sealed(
    {
      ...{ type: "question.posed", question: "q1", round: 1, author: "ada", adapter: 0, difficulty: 1 },
      ...{ text, group },
    },
    "ada/q1",
    1000,
  );

  test("leave with the question's end, in order, with the solutions that each is about", () => {
    const times = new MessageTimes();
    times.accept(posed);
    times.accept(
      sealed({ type: "verdict.given", question: "q1", verdicts: verdicts.slice(0, 2) }, "bob", 1250),
    );
    expect(times.take()).toEqual({});
    const closed = sealed({ type: "question.closed", dossier: dossier("q1") }, "ada/q1", 1400);
    times.accept(closed);
    times.accept({ ...closed, at: 1450 });
    times.accept({ ...settled("q1"), at: 1500, from: "referee" });
    const told = parseTold(times.take().q1 ?? "");
    expect(told.map(({ at, type, from }) => [at, type, from])).toEqual([
      [1000, "question.posed", "ada/q1"],
      [1250, "verdict.given", "bob"],
      [1400, "question.closed", "ada/q1"],
      [1500, "question.settled", "referee"],
    ]);
    expect(told[1]?.about).toEqual(verdicts.slice(0, 2).map(({ solutionId }) => solutionId));
    expect(times.take()).toEqual({});
  });

  test("survive names with tabs and line breaks, and invalid lines are skipped", () => {
    const times = new MessageTimes();
    times.accept({ ...posed, from: "a\tb\nc" });
    times.accept({ ...settled("q1"), at: 1010 });
    const [first] = parseTold(times.take().q1 ?? "");
    expect([first?.from, solutions.length > 0]).toEqual(["a b c", true]);
    expect(parseTold("12\tquestion.posed\tada\nsoon\tx\ty\n\n5\tsolution.offered\tbob\ts1")).toEqual([
      { at: 12, type: "question.posed", from: "ada", about: [] },
      { at: 17, type: "solution.offered", from: "bob", about: ["s1"] },
    ]);
    expect(parseTold("")).toEqual([]);
  });
});
