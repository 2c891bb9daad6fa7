import { describe, expect, test } from "vitest";
import type { Verdict } from "../../runtime/messages.ts";
import { group, solutionOf } from "../machines.fixture.ts";
import type { Solve, Verify } from "../work.ts";
import { newWork, nothingUnderway, settledChecks, withoutWork, withWork, workOn } from "./underway.ts";

const solve = (question: string): Solve => ({
  ...{ kind: "solve", id: `solve:${question}`, question, text: "2+2", group: [], exemplars: [] },
});
const check = (author: string, question = "q"): Verify => ({
  ...{ kind: "verify", id: `verify:${question}/${author}`, question, text: "2+2", group: [...group] },
  solution: solutionOf(author, { solutionId: `${question}/${author}` }),
});
const refusal = (author: string, verifier: string, verdict: Verdict["verdict"] = "refuse"): Verdict => ({
  ...{ solutionId: `q/${author}`, verifier, adapter: 0, verdict, text: "" },
});

const [bee, cat] = [check("bee"), check("cat")];
const checking = withWork(withWork(nothingUnderway, [bee, cat]), [solve("q"), solve("r")]);

describe("work under way", () => {
  test("is known by its id within its kind, and by its question", () => {
    expect(newWork(checking, [check("bee"), check("ant"), check("ant")])).toEqual([check("ant")]);
    expect(newWork(nothingUnderway, [check("bee")])).toEqual([check("bee")]);
    expect(newWork(checking, [])).toEqual([]);
    expect(workOn(checking, ["q"]).map(({ id }) => id)).toEqual(["solve:q", "verify:q/bee", "verify:q/cat"]);
    expect(withWork(checking, [])).toBe(checking);
  });

  test("of one kind goes together; what is not under way, and other kinds, change nothing", () => {
    expect(withoutWork(checking, "verify", [bee, cat])).toEqual({ ...checking, verify: [] });
    expect(withoutWork(checking, "verify", [cat, check("ant"), solve("q")])).toEqual({
      ...checking,
      verify: [bee],
    });
    expect(withoutWork(checking, "vote", [bee])).toEqual(checking);
    expect(withoutWork(checking, "solve", [])).toEqual(checking);
  });
});

describe("checks that verdicts settle", () => {
  test("are those of all refused solutions, each once", () => {
    expect(settledChecks(checking, [refusal("cat", "bee"), refusal("bee", "cat")])).toEqual([bee, cat]);
    expect(settledChecks(checking, [refusal("cat", "bee"), refusal("cat", "bee")])).toEqual([cat]);
    expect(settledChecks(checking, [])).toEqual([]);
    expect(settledChecks(nothingUnderway, [refusal("cat", "bee")])).toEqual([]);
  });

  test("are none of what is accepted or left open, nor by outsiders, authors or on strangers' solutions", () => {
    const harmless = [
      ...[refusal("cat", "bee", "accept"), refusal("bee", "cat", "abstain"), refusal("cat", "dog")],
      ...[refusal("bee", "bee"), refusal("owl", "bee")],
    ];
    expect(settledChecks(checking, harmless)).toEqual([]);
    expect(settledChecks(checking, [...harmless, refusal("cat", "bee")])).toEqual([cat]);
  });
});
