/** The values of a figure as CSV (RFC 4180): one row per x, a band as two more columns. */
import type { Figure } from "./figure.ts";

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A text that a spreadsheet would run as a formula gets a quote in front. */
const safe = (text: string): string => quoted(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

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
  const lines = [[x.label, ...heads].map(safe).join(","), ...rows.map((row) => row.join(","))];
  return `${lines.join("\r\n")}\r\n`;
};
