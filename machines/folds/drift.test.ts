import { describe, expect, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import { said, settings } from "../machines.fixture.ts";
import { anchorOf, excessDrift, foldAnchors, noAnchors } from "./drift.ts";

const total = 10_000;
const measured = (
  model: string,
  adapter: number,
  share: number,
  purpose: "baseline" | "anchor" | "gate",
): Message =>
  said("anchor.measured", {
    ...{ request: `${purpose}:${model}`, round: 0, model, adapter, purpose },
    zeroShot: { correct: share * total, total },
    eliteShot: { correct: 0, total },
  });
const published = (model: string, version: number): Message =>
  said("adapter.published", { job: "j", model, version, folder: "f", before: 0, after: 0 });
const withdrawn = (model: string, version: number, restored: number): Message =>
  said("adapter.withdrawn", { model, version, restored, cause: "worse" });
const fold = (...records: Message[]) => records.reduce(foldAnchors, noAnchors);

const baseline = [measured("ant", 0, 0.4, "baseline"), measured("bee", 0, 0.6, "baseline")];
const first = { passRate: 0.3, solutions: total };
const now = (passRate: number, solutions = total, members = ["ant", "bee", "cat"]) => ({
  ...{ passRate, solutions, members },
});

describe("the anchor", () => {
  test("is the mean of the models with their weights in use", () => {
    expect(anchorOf(noAnchors)).toBeUndefined();
    expect(anchorOf(fold(...baseline))).toBeCloseTo(0.5);
    expect(anchorOf(fold(...baseline, measured("ant", 0, 0.6, "anchor")))).toBeCloseTo(0.6);
  });

  test("uses the gate's reading of a version only once that is in use", () => {
    const gated = [...baseline, measured("ant", 1, 0.8, "gate")];
    expect(anchorOf(fold(...gated))).toBeCloseTo(0.5);
    expect(anchorOf(fold(...gated, published("ant", 1)))).toBeCloseTo(0.7);
    expect(anchorOf(fold(...gated, published("ant", 1), withdrawn("ant", 1, 0)))).toBeCloseTo(0.5);
  });
});

describe("drift", () => {
  test("is 0 while V rises as the anchor does, and without readings", () => {
    const better = fold(...baseline, measured("ant", 1, 0.8, "gate"), published("ant", 1));
    expect(excessDrift(better, first, now(0.5), settings)).toBe(0);
    expect(excessDrift(noAnchors, first, now(1), settings)).toBe(0);
    expect(excessDrift(fold(...baseline), undefined, now(1), settings)).toBe(0);
  });

  test("counts beyond its bound only, and less with fewer solutions", () => {
    const anchors = fold(...baseline);
    expect(excessDrift(anchors, first, now(0.44), settings)).toBe(0);
    const excess = excessDrift(anchors, first, now(0.8), settings);
    expect(excess).toBeGreaterThan(0.3);
    expect(excess).toBeLessThan(0.35);
    expect(excessDrift(anchors, first, now(0.8, 20), settings)).toBeLessThan(excess - 0.1);
  });

  test("is unknown, and 0, while a model uses weights without a reading", () => {
    const unread = [...baseline, published("ant", 1)];
    expect(excessDrift(fold(...unread), first, now(0.8), settings)).toBe(0);
    const read = fold(...unread, measured("ant", 1, 0.4, "anchor"));
    expect(excessDrift(read, first, now(0.8), settings)).toBeGreaterThan(0.3);
  });

  test("is that of those who play: who has left neither hides it nor counts", () => {
    const unread = fold(...baseline, published("bee", 1));
    expect(excessDrift(unread, first, now(0.8, total, ["ant"]), settings)).toBeGreaterThan(0.3);
    const better = fold(...baseline, measured("bee", 1, 1, "gate"), published("bee", 1));
    const alone = excessDrift(better, first, now(0.8, total, ["ant"]), settings);
    expect(alone).toBe(excessDrift(fold(...baseline), first, now(0.8, total, ["ant"]), settings));
    expect(alone).toBeGreaterThan(excessDrift(better, first, now(0.8), settings));
  });

  test("compares the same models: what one without a baseline reads changes nothing", () => {
    const [one, other] = baseline as [Message, Message];
    const lone = fold(one, measured("bee", 1, 0.9, "anchor"), published("bee", 1));
    const alone = fold(one);
    for (const passRate of [0.3, 0.8])
      expect(excessDrift(lone, first, now(passRate), settings)).toBe(
        excessDrift(alone, first, now(passRate), settings),
      );
    expect(excessDrift(lone, first, now(0.3), settings)).toBe(0);
    expect(excessDrift(fold(other), first, now(0.8), settings)).toBeGreaterThan(0.3);
    // A baseline that is read late is of the untrained weights, not of those in use.
    const late = fold(...baseline, measured("cat", 1, 0.9, "anchor"), published("cat", 1));
    const rise = foldAnchors(late, measured("cat", 0, 0.3, "baseline"));
    expect(anchorOf(rise)).toBeCloseTo((0.4 + 0.6 + 0.9) / 3);
    const fromAll =
      excessDrift(late, first, now(0.8), settings) - excessDrift(rise, first, now(0.8), settings);
    expect(fromAll).toBeCloseTo(0.2, 1);
  });

  test("has as a model's baseline the first reading of its untrained weights, whatever it was asked for", () => {
    const [one] = baseline as [Message];
    const anchored = fold(one, measured("bee", 0, 0.6, "anchor"), measured("bee", 0, 0.7, "anchor"));
    expect(anchored.baselines).toEqual(fold(...baseline).baselines);
    const gate = { ...measured("bee", 1, 0.9, "gate"), against: undefined };
    const against = { adapter: 0, zeroShot: { correct: 0.6 * total, total } };
    const gated = { ...gate, against: { ...against, eliteShot: against.zeroShot } } as Message;
    expect(fold(one, gated).baselines).toEqual(fold(...baseline).baselines);
  });

  test("is 0 without the external anchor", () => {
    expect(excessDrift(fold(...baseline), first, now(1), { ...settings, externalAnchor: false })).toBe(0);
  });
});
