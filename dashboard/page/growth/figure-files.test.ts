/** Figures as files, and their smoothing. */
import { describe, expect, test } from "vitest";
import type { Figure } from "./figure.ts";
import { figureCsv } from "./figure-csv.ts";
import { figureSvg, ticksOf, windowOf } from "./figure-svg.ts";
import { lookOf } from "./look.ts";
import { movingAverage, smoothed } from "./smooth.ts";

const hostile = '"></svg><script>alert(1)</script>, =1+1\u0000';

const figure: Figure = {
  title: `Title ${hostile}`,
  caption: "c",
  x: { label: "round", values: [1, 2, 3, 4], format: String },
  left: { label: "share", format: (value) => value.toFixed(1), range: [0, 1] },
  right: { label: "d", format: String },
  curves: [
    {
      ...{ label: hostile, look: lookOf(0), values: [0.2, null, 0.6, 1] },
      ...{ low: [0.1, null, 0.5, 1], high: [0.3, null, 0.7, 1] },
    },
    { label: "=evil", look: lookOf(1), values: [1, 2, 3, 4], axis: "right", kind: "steps" },
  ],
  stars: [{ x: 2, label: "elite" }],
  marks: [{ x: 3, y: 0.5, label: "rejected" }],
};

describe("smoothing", () => {
  test("is a centred mean of what is present, and a gap stays a gap", () => {
    expect(movingAverage([0, 3, null, 6, 9], 3)).toEqual([1.5, 1.5, null, 7.5, 7.5]);
    expect(movingAverage([1, 2], 1)).toEqual([1, 2]);
  });

  test("leaves bars and steps as they are", () => {
    const [line, steps] = smoothed(figure, 3).curves;
    expect(line?.values).toEqual([0.2, null, 0.8, 0.8]);
    expect(line?.low).toEqual([0.1, null, 0.75, 0.75]);
    expect(steps).toBe(figure.curves[1]);
    expect(smoothed(figure, 1)).toBe(figure);
  });
});

test("CSV has a row per x, bands as columns, and no text that a spreadsheet would run", () => {
  const [head, first, second] = figureCsv(figure).split("\r\n");
  expect(head?.startsWith(`round,"""></svg>`)).toBe(true);
  expect(head?.endsWith(",'=evil")).toBe(true);
  expect([first, second]).toEqual(["1,0.2,0.1,0.3,1", "2,,,,2"]);
});

describe("SVG", () => {
  const svg = figureSvg(figure, (token) => `red${token}"`);

  test("holds curves, bands, stars and marks, and every text as text", () => {
    expect(svg).not.toMatch(/<script|<\/svg>[^\n]/);
    expect(svg).not.toContain("\u0000");
    expect(svg.match(/<svg|<\/svg>/g)).toHaveLength(2);
    expect(svg).toContain("★");
    expect(svg).toContain("✗");
    expect(svg).toContain('fill-opacity="0.16"');
    expect(svg).not.toContain("NaN");
  });

  test("draws the shown part only", () => {
    const part = figureSvg(figure, () => "red", { from: 3, to: 4 });
    expect(part).not.toContain("★");
    expect(part.length).toBeLessThan(svg.length);
  });

  test("of one round has an axis around it", () => {
    const one = { ...figure, x: { ...figure.x, values: [1] } };
    expect(windowOf(one)).toEqual({ from: 0, to: 2 });
    expect(windowOf({ ...figure, x: { ...figure.x, values: [] } })).toEqual({ from: 0, to: 1 });
  });

  test("has round ticks", () => {
    expect(ticksOf(0, 1).map((tick) => tick.toFixed(1))).toEqual(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    expect(ticksOf(3, 21)).toEqual([5, 10, 15, 20]);
  });
});
