/** The values of a figure as CSV: one row per x, a band as two more columns. */
import { csvOf } from "./csv.ts";
import type { Figure } from "./figure.ts";

export const figureCsv = ({ x, curves }: Figure): string => {
  const heads = curves.flatMap(({ label, low }) =>
    low === undefined ? [label] : [label, `${label} low`, `${label} high`],
  );
  const rows = x.values.map((at, index) => [
    at,
    ...curves.flatMap(({ values, low, high }) =>
      [values, ...(low === undefined || high === undefined ? [] : [low, high])].map(
        (column) => column[index] ?? "",
      ),
    ),
  ]);
  return csvOf([x.label, ...heads], rows);
};
