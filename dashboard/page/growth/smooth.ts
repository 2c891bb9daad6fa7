/** Moving averages of a figure's lines, so that a trend shows through the noise of small rounds. */
import type { Curve, Figure } from "./figure.ts";

/** Numbers of points; 1 leaves the values as they are. */
export const windows = [1, 3, 5, 9] as const;

type Values = readonly (number | null)[];

/** The mean of the present values at most half a window away. A missing value stays missing. */
export const movingAverage = (values: Values, window: number): (number | null)[] => {
  const reach = Math.floor(window / 2);
  return values.map((value, index) => {
    if (value === null) return null;
    const near = values.slice(Math.max(0, index - reach), index + reach + 1).filter((one) => one !== null);
    return near.reduce((sum, one) => sum + one, 0) / near.length;
  });
};

const smoothCurve = (curve: Curve, window: number): Curve => {
  if (curve.kind !== undefined && curve.kind !== "line") return curve;
  const edge = (values: Values | undefined) => values && movingAverage(values, window);
  const [low, high] = [edge(curve.low), edge(curve.high)];
  return {
    ...curve,
    values: movingAverage(curve.values, window),
    ...(low === undefined || high === undefined ? {} : { low, high }),
  };
};

/** Bars and steps stay as they are. */
export const smoothed = (figure: Figure, window: number): Figure =>
  window <= 1 ? figure : { ...figure, curves: figure.curves.map((curve) => smoothCurve(curve, window)) };
