/** A table of a report, before it is written as HTML or Markdown. */
import { type Summary, summaryOf } from "../statistics/summary.ts";

export interface Cell {
  readonly text: string;
  /** Within its column. */
  readonly rank?: "best" | "second" | undefined;
  /** Id of the place in the report that the number comes from. */
  readonly target?: string | undefined;
  /** In [0, 1]: how strongly the cell is shaded. */
  readonly shade?: number | undefined;
}

export interface Table {
  readonly title: string;
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export const cell = (text: string | number | undefined, more: Omit<Cell, "text"> = {}): Cell => ({
  text: text === undefined ? "–" : String(text),
  ...more,
});

/** `48.2 ± 1.3`, in percent; without ± for one seed. */
export const percentText = (summary: Summary | undefined, digits = 1): string => {
  if (summary === undefined) return "–";
  const of = (share: number) => (100 * share).toFixed(digits);
  return summary.sd === undefined ? of(summary.mean) : `${of(summary.mean)} ± ${of(summary.sd)}`;
};

/** `12.3k ± 0.4k`, or plain numbers below a thousand. */
export const amountText = (summary: Summary | undefined, digits = 1): string => {
  if (summary === undefined) return "–";
  const [unit, scale] = summary.mean >= 1e6 ? ["M", 1e6] : summary.mean >= 1e3 ? ["k", 1e3] : ["", 1];
  const of = (value: number) => `${(value / scale).toFixed(digits)}${unit}`;
  return summary.sd === undefined ? of(summary.mean) : `${of(summary.mean)} ± ${of(summary.sd)}`;
};

export const summaryOfKnown = (values: readonly (number | undefined)[]): Summary | undefined =>
  summaryOf(values.filter((value) => value !== undefined));

export const points = (share: number): string =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

/** Marks the best and the second best of the means; equal means share a rank, and where all are equal none is best. */
export const ranksOf = (means: readonly (number | undefined)[]): (Cell["rank"] | undefined)[] => {
  const known = means.filter((value) => value !== undefined);
  const [best, second] = [...new Set(known)].toSorted((left, right) => right - left);
  if (second === undefined) return means.map(() => undefined);
  return means.map((value) => (value === best ? "best" : value === second ? "second" : undefined));
};

/** `arm-full`: where the runs of an arm are listed. */
export const armTarget = (arm: string): string => `arm-${arm}`;

/** `run-main-full-1`: where a run's configuration stands. */
export const runTarget = (run: string): string => `run-${run}`;
