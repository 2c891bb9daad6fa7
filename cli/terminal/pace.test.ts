import { describe, expect, test } from "vitest";
import { sealed } from "../../runtime/messages.fixture.ts";
import type { Draft } from "../../runtime/messages.ts";
import { amount, doneShare, duration, paceText, secondsLeft } from "./pace.ts";
import { foldProgress, initialProgress } from "./progress-state.ts";

const closed = (round: number): Draft => ({
  type: "round.closed",
  ...{ round, settled: 2, voided: 0, solutions: 6, verified: 3, admitted: 2, passRate: 0.5, target: 0.5 },
  ...{ difficulty: 1, nextDifficulty: 1, surprise: 0, strategy: "explore" },
});
const requested: Draft = {
  type: "training.requested",
  ...{ job: "ant@v1", model: "ant", generation: 1, previous: 0, version: 1, samples: [] },
};
const published: Draft = {
  type: "adapter.published",
  ...{ job: "ant@v1", model: "ant", version: 1, folder: "f" },
};
const after = (...drafts: Draft[]) =>
  drafts.map((draft) => sealed(draft)).reduce(foldProgress, initialProgress);
const goals = { rounds: 10, bufferThreshold: 4 };

describe("the share of a run that is done", () => {
  test("is that of its rounds, or of its updates or tokens if they are nearer to their goal", () => {
    expect(doneShare(initialProgress, goals)).toBe(0);
    expect(doneShare(after(closed(0), closed(1)), goals)).toBeCloseTo(0.2);
    const metered: Draft = {
      type: "call.metered",
      ...{ model: "ant", role: "solver", calls: 1, promptTokens: 60, completionTokens: 20, seconds: 1 },
      outcome: "done",
    };
    expect(doneShare(after(closed(0), metered), { ...goals, tokens: 160 })).toBeCloseTo(0.5);
    expect(doneShare(after(closed(0), requested), { ...goals, updates: 2 })).toBeCloseTo(0.4);
    expect(doneShare(after(closed(0), requested, published), { ...goals, updates: 2 })).toBeCloseTo(0.5);
  });

  test("gives the remaining time, after some time and progress", () => {
    expect(secondsLeft(5, 0, 0.5)).toBeUndefined();
    expect(secondsLeft(60, 0.5, 0.51)).toBeUndefined();
    expect(secondsLeft(60, 0, 0.25)).toBeCloseTo(180);
    expect(secondsLeft(60, 0.5, 0.75)).toBeCloseTo(60);
  });
});

test("tokens of calls are counted", () => {
  const metered: Draft = {
    type: "call.metered",
    ...{ model: "ant", role: "solver", calls: 2, promptTokens: 900, completionTokens: 334, seconds: 1 },
    outcome: "done",
  };
  expect(after(metered, metered).tokens).toBe(2468);
});

test("durations and amounts have common units", () => {
  expect([42, 200, 7500].map(duration)).toEqual(["42 s", "3 min 20 s", "2 h 5 min"]);
  expect([980, 12_345, 4_600_000].map(amount)).toEqual(["980", "12.3k", "4.6M"]);
  expect(paceText(90, 300, 2468)).toBe("1 min 30 s elapsed · about 5 min left · 2.5k tokens");
});
