import { describe, expect, test } from "vitest";
import { clamped, fitted, moved, readable, showing, zoomed } from "./viewport.ts";

const frame = { width: 1000, height: 600 };
const small = { width: 400, height: 200 };
const large = { width: 2000, height: 1500 };

/** What a point of the chart is at in the frame. */
const at = ({ x, y, scale }: { x: number; y: number; scale: number }, px: number, py: number) => [
  x + px * scale,
  y + py * scale,
];

describe("a viewport", () => {
  test("fits a whole chart into its frame, in the middle", () => {
    const view = fitted(large, frame);
    const [left = 0, top = 0] = at(view, 0, 0);
    const [right = 0, bottom = 0] = at(view, large.width, large.height);
    expect(Math.min(left, top, frame.width - right, frame.height - bottom)).toBeGreaterThanOrEqual(24 - 1e-9);
    expect(left + right).toBeCloseTo(frame.width);
    expect(top + bottom).toBeCloseTo(frame.height);
  });

  test("shows texts at their own size or larger, however large the chart is", () => {
    expect(readable(large, frame, { x: 0, y: 0 }).scale).toBe(1);
    expect(readable(small, frame, { x: 0, y: 0 }).scale).toBe(1.5);
  });

  test("shows the part of a large chart around a point, up to the chart's edges", () => {
    expect(at(readable(large, frame, { x: 1000, y: 700 }), 1000, 700)).toEqual([500, 300]);
    expect(at(readable(large, frame, { x: 0, y: 0 }), 0, 0)).toEqual([24, 24]);
    expect(at(readable(large, frame, { x: 2000, y: 1500 }), 2000, 1500)).toEqual([976, 576]);
  });

  test("keeps the point under the pointer when it zooms, within limits", () => {
    const view = { x: 10, y: 20, scale: 1 };
    const near = zoomed(view, 2, { x: 310, y: 220 });
    expect(at(near, 300, 200)).toEqual([310, 220]);
    expect(zoomed(view, 1000, { x: 0, y: 0 }).scale).toBe(5);
    expect(zoomed(view, 0.0001, { x: 0, y: 0 }).scale).toBe(0.15);
  });

  test("never loses the chart", () => {
    const lost = clamped(moved({ x: 0, y: 0, scale: 1 }, { x: 99_999, y: -99_999 }), large, frame);
    expect([lost.x, lost.y + large.height]).toEqual([940, 60]);
  });

  test("moves as little as needed to show a state", () => {
    const view = { x: 0, y: 0, scale: 1 };
    expect(showing(view, { x: 100, y: 100, width: 80, height: 30 }, frame)).toEqual(view);
    expect(showing(view, { x: 1000, y: 10, width: 80, height: 30 }, frame)).toEqual({
      x: -104,
      y: 14,
      scale: 1,
    });
  });
});
