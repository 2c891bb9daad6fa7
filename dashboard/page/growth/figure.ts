/** The data and labels of a figure; `plot.ts` draws it with uPlot. */
import type { Look } from "./look.ts";

export interface Axis {
  readonly label: string;
  readonly format: (value: number) => string;
  /** Fixed bounds; without them the values set the bounds. */
  readonly range?: readonly [low: number, high: number];
}

export interface Curve {
  readonly label: string;
  readonly look: Look;
  /** One value per x; null if missing. */
  readonly values: readonly (number | null)[];
  readonly kind?: "line" | "bars" | "steps";
  readonly axis?: "left" | "right";
  /** A band around the curve, such as μ ± σ. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** A star on the plot, such as a switch of strategy. */
export interface Star {
  readonly x: number;
  readonly label: string;
}

/** A sign beside the curves, on the left axis, such as a rejected adapter. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

export interface Figure {
  readonly title: string;
  /** Explains the figure to readers who do not know the paper. */
  readonly caption: string;
  readonly x: {
    readonly label: string;
    readonly values: readonly number[];
    readonly format: (value: number) => string;
  };
  readonly left: Axis;
  readonly right?: Axis;
  readonly curves: readonly Curve[];
  readonly stars?: readonly Star[];
  readonly marks?: readonly Mark[];
}

/** Equal for figures with the same curves and axes; those share one plot. */
export const shapeOf = ({ title, left, right, curves }: Figure): string =>
  JSON.stringify([
    title,
    left.label,
    right?.label,
    curves.map(({ label, look, kind }) => [label, look, kind]),
  ]);

/** Digits after the point that a number has. */
const digitsOf = (value: number): number => {
  const digits = Array.from({ length: 9 }, (_, index) => index);
  return digits.find((one) => Math.abs(value - Number(value.toFixed(one))) < 1e-9) ?? digits.length;
};

/** In the axis's own format; on a range so narrow that it gives two the same name, with all digits of their distance. */
export const tickNames = ({ format }: Axis, ticks: readonly number[]): string[] => {
  const names = ticks.map(format);
  if (new Set(names).size === names.length) return names;
  const [first = 0, second = first] = ticks;
  const digits = digitsOf(second - first);
  return ticks.map((tick) => tick.toFixed(digits));
};

export const isEmpty = ({ curves }: Figure): boolean =>
  curves.every(({ values }) => values.every((value) => value === null));
