import { describe, expect, test } from "vitest";
import type { AnchorPoint, GrowthView, RoundPoint } from "../../view.ts";
import { tickNames } from "./figure.ts";
import { anchorByRound, anchorFigure, clampText, lengthFigure } from "./figures.ts";

const anchor = (round: number, model: string, zeroShot: number, inForce = true): AnchorPoint => ({
  ...{ at: round, round, model, adapter: round, purpose: "gate", zeroShot, eliteShot: 0, inForce },
});

const rounds = [1, 2, 3].map((round) => ({ round, at: round, difficulty: round }) as RoundPoint);

describe("anchor by round", () => {
  test("is the mean of each model's newest measurement, in the rounds in which one was measured", () => {
    const anchors = [anchor(2, "ant", 0.4), anchor(2, "bee", 0.6), anchor(3, "ant", 0.8)];
    expect(anchorByRound(anchors, rounds)).toEqual([null, 0.5, 0.7]);
    expect(anchorByRound(anchors.slice(0, 2), rounds)).toEqual([null, 0.5, null]);
  });

  test("ignores candidates that were not published", () => {
    expect(anchorByRound([anchor(1, "ant", 0.5), anchor(2, "ant", 0.1, false)], rounds)).toEqual([
      ...[0.5, null, null],
    ]);
  });
});

test("the accuracy of each model is of weights in use, and rejected candidates are marks", () => {
  const anchors = [anchor(0, "ant", 0.4), anchor(2, "ant", 0.7), anchor(2, "ant", 0.1, false)];
  const { curves, marks, x } = anchorFigure({ anchors, models: ["ant"] } as unknown as GrowthView);
  expect([x.values, curves[0]?.values]).toEqual([
    [0, 2],
    [0.4, 0.7],
  ]);
  expect(marks).toEqual([{ x: 2, y: 0.1, label: "round 2: ant@v2 10%" }]);
});

test("a clamped difficulty is said, with how often", () => {
  expect(clampText(rounds, { difficultyMin: 1, difficultyMax: 9 })).toBe(
    " The difficulty was clamped: at its minimum 1 in 1 of 3 rounds.",
  );
  expect(clampText(rounds, { difficultyMin: 0, difficultyMax: 9 })).toBe("");
  expect(clampText(rounds, {})).toBe("");
});

test("ticks have different names, however narrow their range is", () => {
  const { left } = lengthFigure({ rounds } as unknown as GrowthView);
  expect(tickNames(left, [0, 500, 1000])).toEqual(["0", "500", "1,000"]);
  expect(tickNames(left, [23.8, 23.9, 24, 24.1])).toEqual(["23.8", "23.9", "24.0", "24.1"]);
  expect(tickNames(left, [23.75, 24, 24.25])).toEqual(["23.75", "24.00", "24.25"]);
  expect(tickNames(left, [24])).toEqual(["24"]);
});
