import { describe, expect, it } from "vitest";
import type { AnchorPoint, RoundPoint } from "../../view.ts";
import { anchorByRound } from "./figures.ts";

const anchor = (
  round: number,
  model: string,
  zeroShot: number,
  purpose: AnchorPoint["purpose"] = "anchor",
) => ({
  ...{ at: round, round, model, adapter: 0, purpose, zeroShot, eliteShot: 0 },
});

const rounds = [1, 2, 3].map((round) => ({ round }) as RoundPoint);

describe("anchor by round", () => {
  it("is the mean of each model's newest reading, and nothing before the first", () => {
    const anchors = [anchor(2, "ant", 0.4), anchor(2, "bee", 0.6), anchor(3, "ant", 0.8)];
    expect(anchorByRound(anchors, rounds)).toEqual([null, 0.5, 0.7]);
  });

  it("leaves the gate's readings of candidates out", () => {
    expect(anchorByRound([anchor(1, "ant", 0.5), anchor(2, "ant", 0.1, "gate")], rounds)).toEqual([
      0.5, 0.5, 0.5,
    ]);
  });
});
