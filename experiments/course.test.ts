import { describe, expect, test } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Message } from "../runtime/messages.ts";
import {
  type Course,
  curriculumCorrelation,
  difficultySpan,
  emptyCourse,
  foldCourse,
  type Staleness,
  slumpsOf,
  stalenessOf,
  voidShareOf,
} from "./course.ts";
import { rankCorrelation } from "./rank-correlation.ts";

const closed = (round: number, passRate: number, difficulty = 2, staleness?: Staleness): Message =>
  sealed({
    type: "round.closed",
    ...{ round, passRate, difficulty, nextDifficulty: difficulty + 0.5, settled: 3, voided: 1 },
    ...{ solutions: 9, verified: 3, admitted: 2, target: 0.5, surprise: 0, strategy: "explore" },
    ...(staleness ? { staleness } : {}),
  });
const measured = (correct: number): Message =>
  sealed({
    type: "anchor.measured",
    ...{ request: `a:${correct}`, round: 0, model: "ant", adapter: 0, purpose: "anchor" },
    zeroShot: { correct, total: 10 },
    eliteShot: { correct, total: 10 },
  });
const course = (...messages: Message[]): Course => messages.reduce(foldCourse, emptyCourse);

describe("the course of a run", () => {
  test("has the start and the end of the difficulty, and the share of void questions", () => {
    const played = course(closed(0, 0.4, 2), closed(1, 0.5, 3));
    expect(difficultySpan(played)).toEqual([2, 3.5]);
    expect(voidShareOf(played)).toBe(0.25);
    expect(difficultySpan(emptyCourse)).toEqual([0, 0]);
  });

  test("tells how old the feedback was at most", () => {
    const rounds = [closed(0, 0.4), closed(1, 0.4, 2, { rounds: 1, adapters: 0 })];
    expect(stalenessOf(course(...rounds, closed(2, 0.4, 2, { rounds: 0, adapters: 2 })))).toEqual({
      ...{ rounds: 1, adapters: 2 },
    });
    expect(stalenessOf(course(closed(0, 0.4)))).toEqual({ rounds: 0, adapters: 0 });
  });

  test("names the rounds after the fifth whose V is below half of the mean before", () => {
    const rates = [0.1, 0.4, 0.4, 0.4, 0.4, 0.16, 0.4, 0.1];
    expect(slumpsOf(course(...rates.map((rate, round) => closed(round, rate))))).toEqual([5, 7]);
    expect(slumpsOf(course(closed(0, 0.8), closed(1, 0)))).toEqual([]);
  });

  test("correlates the difficulty of each round with the anchor accuracy of that round", () => {
    const rising = course(measured(3), closed(0, 0.4, 2), measured(6), closed(1, 0.4, 3), closed(2, 0.4, 4));
    expect(curriculumCorrelation(rising)).toBeCloseTo(0.866, 2);
    expect(curriculumCorrelation(course(closed(0, 0.4)))).toBeUndefined();
  });
});

describe("Spearman's ρ", () => {
  test("is 1 for series that rise together, -1 for opposite ones, whatever the scale", () => {
    expect(rankCorrelation([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1);
  });

  test("shares ranks among equals, as a textbook's example does", () => {
    const [iq, hours] = [
      [106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
      [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
    ];
    expect(rankCorrelation(iq ?? [], hours ?? [])).toBeCloseTo(-29 / 165, 6);
    expect(rankCorrelation([1, 1, 2, 2], [1, 1, 2, 2])).toBeCloseTo(1);
    expect(rankCorrelation([1, 1], [1, 2])).toBeUndefined();
  });
});
