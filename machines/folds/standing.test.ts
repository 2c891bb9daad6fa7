import { describe, expect, test } from "vitest";
import type { Message, Verdict } from "../../runtime/messages.ts";
import { dossierOf, said, settledOf } from "../machines.fixture.ts";
import { foldStanding, type Standing, strictestFirst, unknownStanding } from "./standing.ts";

const verdict = (verifier: string, given: Verdict["verdict"], completion = 10): Verdict => ({
  ...{ solutionId: "q/ant", verifier, adapter: 0, verdict: given, text: "" },
  tokens: { prompt: 0, completion },
});

const settled = (...verdicts: Verdict[]): Message =>
  settledOf("q", ["ant"], { dossier: dossierOf({ verdicts }) });
const after = (...messages: Message[]): Standing => messages.reduce(foldStanding, unknownStanding);
const times = (count: number, one: Verdict): Verdict[] => Array.from({ length: count }, () => one);
const members = ["ant", "bee", "cat", "dog"];

describe("standing", () => {
  test("holds the ratings after the last question, and nothing else changes it", () => {
    const ratings = { ant: { mu: 30, sigma: 2 } };
    const known = after(settled(), settledOf("r", ["ant"], { ratings }));
    expect(known.ratings).toEqual(ratings);
    expect(foldStanding(known, said("agent.left", { agent: "ant", reason: "gone" }))).toBe(known);
  });

  test("adds up verdicts over questions", () => {
    const known = after(settled(verdict("bee", "refuse", 7)), settled(verdict("bee", "accept", 5)));
    expect(known.strictness.get("bee")).toEqual({ given: 2, refused: 1, tokens: 12 });
  });

  test("an abstention says nothing", () => {
    expect(after(settled(verdict("bee", "abstain"))).strictness.size).toBe(0);
  });
});

describe("strictest first", () => {
  const order = (...verdicts: Verdict[]) => strictestFirst(members, after(settled(...verdicts)).strictness);

  test("by name where nothing is known", () => {
    expect(strictestFirst(members.toReversed(), new Map())).toEqual(members);
  });

  test("who refuses more often for as many tokens comes first", () => {
    const [lenient, strict] = [times(9, verdict("ant", "accept")), times(9, verdict("dog", "refuse"))];
    expect(order(...lenient, ...strict)).toEqual(["dog", "bee", "cat", "ant"]);
  });

  test("who takes fewer tokens for as many refusals comes first", () => {
    const dear = [...times(4, verdict("ant", "refuse", 40)), ...times(4, verdict("ant", "accept", 40))];
    const cheap = [...times(4, verdict("cat", "refuse", 5)), ...times(4, verdict("cat", "accept", 5))];
    const [first, ...others] = order(...dear, ...cheap);
    expect([first, others.at(-1)]).toEqual(["cat", "ant"]);
  });
});
