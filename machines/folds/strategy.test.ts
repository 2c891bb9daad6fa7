import { describe, expect, test } from "vitest";
import type { SuccessCount } from "../../runtime/messages.ts";
import { settings } from "../machines.fixture.ts";
import { expectations, newestOutcomes, type Outcome, type Situation, strategySwitch } from "./strategy.ts";

/** A round in which `shown` of a hundred solutions with examples passed, and `bare` of a hundred without. */
const outcome = (passRate: number, more: Partial<Outcome> = {}): Outcome => ({
  ...{ strategy: "explore", passRate, difficulty: 2 },
  withExamples: { solutions: 100, verified: Math.round(100 * passRate) },
  withoutExamples: { solutions: 100, verified: Math.round(100 * passRate) },
  ...more,
});
const rounds = (...passRates: number[]) => passRates.map((passRate) => outcome(passRate));
const rising = rounds(0.1, 0.2, 0.3, 0.4);
const flat = rounds(0.4, 0.4, 0.4, 0.4);
const at = (more: Partial<Situation>): Situation => ({
  ...{ strategy: "explore", roundsInForce: 9, outcomes: rising, surprise: 0, excess: 0 },
  ...more,
});
const change = (more: Partial<Situation>, given = settings) => strategySwitch(at(more), given);
const cause = (more: Partial<Situation>, given = settings) => change(more, given)?.cause;

/** Examples do harm: with them nothing passes, without them as much as before. */
const lockedIn = [
  ...rounds(0.4, 0.4, 0.4),
  outcome(0.1, {
    withExamples: { solutions: 80, verified: 0 },
    withoutExamples: { solutions: 20, verified: 8 },
  }),
  outcome(0.1, {
    withExamples: { solutions: 80, verified: 0 },
    withoutExamples: { solutions: 20, verified: 8 },
  }),
];

describe("from explore to elite", () => {
  test("never while the society learns, in V or in d", () => {
    expect(change({})).toBeUndefined();
    const harder = [2, 2, 2.2, 2.4].map((difficulty) => outcome(0.4, { difficulty }));
    expect(change({ outcomes: harder })).toBeUndefined();
  });

  test("when performance plateaus", () => {
    expect(change({ outcomes: flat })).toEqual({
      strategy: "elite",
      cause: "no gain of 2.0% in V, or 0.1 in d, over 4 rounds",
    });
    expect(cause({ outcomes: flat.slice(1) })).toBeUndefined();
  });

  test("not while the internal pass rate drifts from the anchor", () => {
    expect(cause({ outcomes: flat, surprise: 1, excess: 0.1 })).toBeUndefined();
  });
});

describe("from elite back to explore", () => {
  const elite = { strategy: "elite" as const };

  test("when the gap to the peak has closed", () => {
    expect(change(elite)).toEqual({ strategy: "explore", cause: "gap to the peak closed to 0.0%" });
  });

  test("not while there is a gap, a surprise or a plateau", () => {
    expect(cause({ ...elite, outcomes: rounds(0.1, 0.1, 0.5, 0.4) })).toBeUndefined();
    const tried = rising.map((one, index) =>
      outcome(one.passRate, { strategy: index < 2 ? "explore" : "elite" }),
    );
    expect(cause({ ...elite, surprise: 0.05, outcomes: tried })).toBeUndefined();
    expect(cause({ ...elite, outcomes: flat })).toBeUndefined();
  });

  test("when the internal pass rate has drifted from the anchor", () => {
    expect(cause({ ...elite, outcomes: flat, excess: 0.2 })).toBe(
      "internal pass rate ran 20.0% too far ahead of the anchor",
    );
  });
});

describe("free energy minimisation", () => {
  test("renews a harmful history, and reports the forecast for each strategy", () => {
    const chosen = change({ outcomes: lockedIn, surprise: 0.3 });
    expect(chosen?.strategy).toBe("fresh");
    expect(chosen?.cause).toMatch(
      /^surprise F 0.3000 above 0.04; expected: explore F 0\.\d+ at V .*; fresh F/,
    );
    expect(chosen?.expected?.fresh?.passRate).toBeGreaterThan(chosen?.expected?.explore?.passRate ?? 1);
    expect(chosen?.expected?.elite?.solutions).toBe(0);
  });

  test("does nothing below the threshold, or if nothing better is expected", () => {
    const femAlone = { ...settings, dynamicStrategy: false };
    expect(change({ outcomes: lockedIn, surprise: 0.04 }, femAlone)).toBeUndefined();
    const useful = (["elite", "explore", "explore"] as const).map((strategy) =>
      outcome(0.5, { strategy, withoutExamples: { solutions: 20, verified: 11 } }),
    );
    expect(change({ outcomes: useful, surprise: 0.3 })).toBeUndefined();
  });

  test("does not act on a few solutions that all passed, or all failed", () => {
    const femAlone = { ...settings, dynamicStrategy: false };
    const tried = (without: SuccessCount) =>
      (["elite", "explore"] as const).map((strategy, index) =>
        outcome(0.4, { strategy, withoutExamples: index === 0 ? without : { solutions: 0, verified: 0 } }),
      );
    const chosen = (without: SuccessCount) =>
      change({ outcomes: tried(without), surprise: 0.3 }, femAlone)?.strategy;
    expect(chosen({ solutions: 1, verified: 1 })).toBeUndefined();
    expect(chosen({ solutions: 20, verified: 20 })).toBe("fresh");
    const failed = outcome(0, { withExamples: { solutions: 1, verified: 0 } });
    const elite = outcome(0.4, { strategy: "elite", withoutExamples: { solutions: 9, verified: 3 } });
    expect(change({ outcomes: [elite, failed], surprise: 0.3 }, femAlone)).toBeUndefined();
  });

  test("tries an untried strategy if no other is better beyond noise", () => {
    expect(change({ outcomes: rounds(0.5, 0.5), surprise: 0.3 })?.strategy).toBe("elite");
  });

  test("chooses elite if that gave more", () => {
    const tried = [
      outcome(0.6, { strategy: "elite", withoutExamples: { solutions: 20, verified: 2 } }),
      ...rounds(0.3, 0.3).map((one) => ({ ...one, withoutExamples: { solutions: 20, verified: 2 } })),
    ];
    expect(change({ outcomes: tried, surprise: 0.3 })?.strategy).toBe("elite");
  });

  test("ignores rounds before the history was renewed", () => {
    const renewed = [...lockedIn, outcome(0.4, { strategy: "fresh" }), outcome(0.4)];
    expect(expectations(at({ outcomes: renewed }), settings).explore?.passRate).toBeCloseTo(0.4);
  });

  test("does not choose fresh if there is no history", () => {
    const off = { ...settings, eliteIcl: false };
    expect(change({ outcomes: lockedIn, surprise: 0.3 }, off)?.strategy).not.toBe("fresh");
  });

  test("judges explore and elite by their solutions where no examples are shown", () => {
    const off = { ...settings, eliteIcl: false, dynamicStrategy: false };
    const bare = (strategy: "explore" | "elite", verified: number) => {
      const withExamples = { solutions: 0, verified: 0 };
      return outcome(verified / 100, {
        ...{ strategy, withExamples, withoutExamples: { solutions: 100, verified } },
      });
    };
    const chosen = (strategy: "explore" | "elite", explore: number, elite: number) => {
      const outcomes = [bare("explore", explore), bare("elite", elite)];
      return change({ strategy, outcomes, surprise: 0.3 }, off)?.strategy;
    };
    expect([chosen("explore", 30, 60), chosen("explore", 60, 30)]).toEqual(["elite", undefined]);
    expect([chosen("elite", 30, 60), chosen("elite", 60, 30)]).toEqual([undefined, "explore"]);
    expect(change({ outcomes: [bare("explore", 30)], surprise: 0.3 }, off)?.strategy).toBe("elite");
  });
});

describe("a strategy", () => {
  const holding = { ...settings, strategyHold: 3 };

  test("is kept for a minimum of rounds", () => {
    expect(change({ outcomes: lockedIn, surprise: 0.3, roundsInForce: 2 }, holding)).toBeUndefined();
    expect(change({ outcomes: lockedIn, surprise: 0.3, roundsInForce: 3 }, holding)).toBeDefined();
  });

  test("fresh ends once the history is renewed", () => {
    const fresh = { strategy: "fresh" as const, outcomes: lockedIn, surprise: 0.3 };
    expect(change({ ...fresh, roundsInForce: 2 }, holding)).toBeUndefined();
    expect(change({ ...fresh, roundsInForce: 3 }, holding)).toEqual({
      strategy: "explore",
      cause: "history renewed over 3 rounds",
    });
  });
});

describe("components", () => {
  test("without dynamicStrategy a plateau changes nothing, and FEM still acts", () => {
    const off = { ...settings, dynamicStrategy: false };
    expect(cause({ outcomes: flat }, off)).toBeUndefined();
    expect(cause({ strategy: "elite" }, off)).toBeUndefined();
    expect(change({ outcomes: lockedIn, surprise: 0.3 }, off)?.strategy).toBe("fresh");
  });

  test("without fem a surprise changes nothing, and a plateau still does", () => {
    const off = { ...settings, fem: false };
    expect(change({ outcomes: lockedIn.slice(0, 3), surprise: 1 }, off)).toBeUndefined();
    expect(change({ outcomes: flat, surprise: 1 }, off)?.strategy).toBe("elite");
    expect(change({ strategy: "elite", surprise: 1 }, off)?.strategy).toBe("explore");
  });
});

describe("the outcomes that are kept of a long run", () => {
  const strategies = ["explore", "explore", "elite", "explore", "fresh", "explore"] as const;
  const long = Array.from({ length: 2_000 }, (_, round) =>
    outcome((round % 17) / 20, { strategy: round < 900 ? (strategies[round % 6] ?? "explore") : "explore" }),
  );
  let kept: readonly Outcome[] = [];
  for (const next of long) kept = newestOutcomes([...kept, next], settings);

  test("are few", () => {
    expect(kept.length).toBeLessThanOrEqual(20);
  });

  test("lead to the decisions that all of them lead to", () => {
    for (const strategy of ["explore", "elite"] as const)
      for (const surprise of [0, 1]) {
        const all = { strategy, surprise, outcomes: long };
        expect(change({ ...all, outcomes: kept })).toEqual(change(all));
        expect(expectations(at({ ...all, outcomes: kept }), settings)).toEqual(
          expectations(at(all), settings),
        );
      }
  });
});
