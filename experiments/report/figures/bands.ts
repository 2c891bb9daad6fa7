/** Curves of several runs as one curve with a band: mean ± standard deviation. */
import { deviation, mean } from "../../statistics/summary.ts";
import type { Point } from "./figure.ts";

type Curve = readonly { readonly x: number; readonly y: number }[];

/** At every x that all curves have: beyond the shortest one the mean would be that of other runs. */
export const bandOf = (curves: readonly Curve[]): Point[] => {
  const byX = Map.groupBy(curves.flat(), ({ x }) => x);
  return [...byX]
    .filter(([, points]) => points.length === curves.length)
    .toSorted(([left], [right]) => left - right)
    .map(([x, points]) => {
      const values = points.map(({ y }) => y);
      const [y, sd] = [mean(values), deviation(values)];
      return sd === undefined ? { x, y } : { x, y, low: y - sd, high: y + sd };
    });
};

/** The curve's value at x, between its points. */
const valueAt = (curve: Curve, x: number): number => {
  const next = curve.findIndex((point) => point.x >= x);
  const [after, before] = [curve[next], curve[next - 1]];
  if (after === undefined) return curve.at(-1)?.y ?? 0;
  if (before === undefined || after.x === before.x) return after.y;
  return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x);
};

/** The curves at `count` common places, up to the end of the shortest. */
export const resampled = (curves: readonly Curve[], count = 24): Curve[] => {
  const end = Math.min(...curves.map((curve) => curve.at(-1)?.x ?? 0));
  if (!Number.isFinite(end) || end <= 0) return [];
  return curves.map((curve) =>
    Array.from({ length: count + 1 }, (_, index) => (end * index) / count).map((x) => ({
      x,
      y: valueAt(curve, x),
    })),
  );
};
