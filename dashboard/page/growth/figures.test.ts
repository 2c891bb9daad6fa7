import { describe, expect, test } from "vitest";
import type { AnchorPoint, RoundPoint } from "../../view.ts";
import { anchorByRound } from "./figures.ts";

const anchor = (round: number, model: string, zeroShot: number, inForce = true): AnchorPoint => ({
  ...{ at: round, round: 0, model, adapter: 0, purpose: "gate", zeroShot, eliteShot: 0, inForce },
});

const rounds = [1, 2, 3].map((round) => ({ round, at: round }) as RoundPoint);

describe("anchor by round", () => {
  test("is the mean of each model's newest measurement, and null before the first", () => {
    const anchors = [anchor(2, "ant", 0.4), anchor(2, "bee", 0.6), anchor(3, "ant", 0.8)];
    expect(anchorByRound(anchors, rounds)).toEqual([null, 0.5, 0.7]);
  });

  test("ignores candidates that were not published", () => {
    expect(anchorByRound([anchor(1, "ant", 0.5), anchor(2, "ant", 0.1, false)], rounds)).toEqual([
      0.5, 0.5, 0.5,
    ]);
  });
});
