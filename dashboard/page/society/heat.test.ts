import { describe, expect, test } from "vitest";
import { countsWithParents, heatOf } from "./heat.ts";

describe("the heat of a state", () => {
  test.each([
    [0, 64, 0],
    [1, 64, 1],
    [6, 64, 1],
    [16, 64, 2],
    [32, 64, 3],
    [33, 64, 4],
    [64, 64, 4],
    [1, 1, 4],
    [0, 0, 0],
  ])("of %i of %i actors is %i", (count, total, step) => {
    expect(heatOf(count, total)).toBe(step);
  });

  test("counts the actors of substates in the states above", () => {
    const counts = countsWithParents({ "solving.early": 40, "solving.lingering": 4, voting: 20 });
    expect(Object.fromEntries(counts)).toEqual({
      ...{ solving: 44, "solving.early": 40, "solving.lingering": 4, voting: 20 },
    });
  });
});
