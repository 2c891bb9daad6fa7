import { describe, expect, test } from "vitest";
import { eliteOf, type Situation, strategySwitch } from "./strategy.ts";
import { settings } from "./testing.ts";

const rising = [0.1, 0.2, 0.3, 0.4];
const flat = [0.4, 0.4, 0.4, 0.4];
const at = (more: Partial<Situation>): Situation => ({
  ...{ strategy: "explore", passRates: rising, surprise: 0, drift: 0 },
  ...more,
});
const cause = (more: Partial<Situation>, given = settings) => strategySwitch(at(more), given)?.cause;

describe("from explore to elite", () => {
  test("never while the society learns", () => {
    expect(strategySwitch(at({}), settings)).toBeUndefined();
  });

  test("when performance plateaus", () => {
    expect(strategySwitch(at({ passRates: flat }), settings)).toEqual({
      strategy: "elite",
      cause: "no gain of 2.0% over 4 rounds",
    });
    expect(cause({ passRates: flat.slice(1) })).toBeUndefined();
  });

  test("when the surprise is above its threshold", () => {
    expect(cause({ surprise: 0.05 })).toBe("surprise F 0.0500 above 0.04");
    expect(cause({ surprise: 0.04 })).toBeUndefined();
  });

  test("not while the internal rate runs ahead of the anchor", () => {
    expect(cause({ passRates: flat, surprise: 1, drift: 0.2 })).toBeUndefined();
    expect(cause({ passRates: flat, drift: 0.15 })).toBeDefined();
  });
});

describe("from elite back to explore", () => {
  const elite = { strategy: "elite" as const };

  test("when the gap to the peak has closed", () => {
    expect(strategySwitch(at(elite), settings)).toEqual({
      strategy: "explore",
      cause: "gap to the peak closed to 0.0%",
    });
  });

  test("not while there is a gap, a surprise or a plateau", () => {
    expect(cause({ ...elite, passRates: [0.1, 0.1, 0.5, 0.4] })).toBeUndefined();
    expect(cause({ ...elite, surprise: 0.05 })).toBeUndefined();
    expect(cause({ ...elite, passRates: flat })).toBeUndefined();
  });

  test("when the internal rate has run ahead of the anchor", () => {
    const drifted = { ...elite, passRates: flat, surprise: 1, drift: 0.2 };
    expect(cause(drifted)).toBe("internal pass rate ran 20.0% ahead of the anchor");
  });
});

describe("components", () => {
  test("without dynamicStrategy nothing ever changes", () => {
    const off = { ...settings, dynamicStrategy: false };
    expect(cause({ passRates: flat, surprise: 1 }, off)).toBeUndefined();
    expect(cause({ strategy: "elite", drift: 1 }, off)).toBeUndefined();
  });

  test("without fem the surprise weighs nothing, either way", () => {
    const off = { ...settings, fem: false };
    expect(cause({ surprise: 1 }, off)).toBeUndefined();
    expect(cause({ strategy: "elite", surprise: 1 }, off)).toBeDefined();
  });
});

test("the elite are the members with the highest μ, best first", () => {
  const ratings = { ant: { mu: 20, sigma: 1 }, bee: { mu: 30, sigma: 9 }, cat: { mu: 25, sigma: 1 } };
  expect(eliteOf(ratings, 2)).toEqual(["bee", "cat"]);
  expect(eliteOf({}, 2)).toEqual([]);
});
