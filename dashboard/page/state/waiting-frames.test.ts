import { describe, expect, test } from "vitest";
import type { Frame } from "../../view.ts";
import { WaitingFrames } from "./waiting-frames.ts";

const frameAt = (at: number): Frame => ({
  sequence: at,
  at,
  agents: [],
  flows: [],
  revisions: { agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
});

const times = (frames: readonly { frame: Frame }[]): number[] => frames.map(({ frame }) => frame.at);

describe("held frames", () => {
  test("returns each frame once, in order, up to a given time", () => {
    const held = new WaitingFrames();
    for (const at of [10, 20, 30]) held.push({ frame: frameAt(at), whole: false });
    expect(times(held.until(20))).toEqual([10, 20]);
    expect(times(held.until(20))).toEqual([]);
    expect(held.next()?.frame.at).toBe(30);
    expect(held.size).toBe(0);
  });

  test("reports dropped frames", () => {
    const held = new WaitingFrames();
    for (let at = 0; at <= 1800; at++) held.push({ frame: frameAt(at), whole: false });
    expect([held.size, held.isComplete]).toEqual([1800, false]);
    held.clear();
    expect([held.size, held.isComplete]).toEqual([0, true]);
  });
});
