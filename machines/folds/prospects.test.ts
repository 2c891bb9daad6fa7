import { describe, expect, test } from "vitest";
import { sealed, settled } from "../../runtime/messages.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import { foldProspects, freshProspects, stuckReason } from "./prospects.ts";

const voided = (question: string, reason: string): Message =>
  sealed({ type: "question.voided", ...{ question, round: 0, author: "ant", adapter: 0, text: "", reason } });
const closed = (round: number, counts: { settled: number; voided: number }): Message =>
  sealed({
    type: "round.closed",
    ...{ round, ...counts, solutions: 0, verified: 0, admitted: 0, passRate: 0, target: 0.5 },
    ...{ difficulty: 1, nextDifficulty: 1, surprise: 0, strategy: "explore" },
  });
const barren = (round: number): Message[] => [
  ...[
    voided(`q${round}.0`, "malformed"),
    voided(`q${round}.1`, "malformed"),
    voided(`q${round}.2`, "duplicate"),
  ],
  closed(round, { settled: 0, voided: 3 }),
];
const after = (...messages: Message[]) => stuckReason(messages.reduce(foldProspects, freshProspects));

describe("three rounds of nothing but void questions", () => {
  test("make the run stuck, with the most frequent reason", () => {
    expect(after(...barren(0), ...barren(1))).toBeUndefined();
    expect(after(...barren(0), ...barren(1), ...barren(2))).toBe(
      "all 9 questions of 3 rounds in a row were void, 6 of them because: malformed",
    );
  });

  test("count in a row only: a settled question resets the count", () => {
    const good = [settled("q"), closed(2, { settled: 1, voided: 2 })];
    expect(after(...barren(0), ...barren(1), ...good, ...barren(3), ...barren(4))).toBeUndefined();
  });

  test("a round without any question counts neither way", () => {
    const empty = closed(2, { settled: 0, voided: 0 });
    expect(after(...barren(0), ...barren(1), empty)).toBeUndefined();
    expect(after(...barren(0), ...barren(1), empty, ...barren(3))).toMatch(/^all 9 questions of 3 rounds/);
  });
});
