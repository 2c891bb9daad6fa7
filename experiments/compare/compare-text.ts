/** A comparison of runs, for the terminal. */
import type { ComparedFacts, RunDifference } from "./compared-runs.ts";

type Cell = string | number | undefined;

/** Columns as wide as their longest cell; the first is aligned left, the others right. */
const columns = (rows: readonly (readonly Cell[])[]): string[] => {
  const texts = rows.map((row) => row.map((cell) => (cell === undefined ? "–" : String(cell))));
  const widths = (texts[0] ?? []).map((_, index) => Math.max(...texts.map((row) => row[index]?.length ?? 0)));
  return texts.map((row) =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
};

const percent = (share: number | undefined): string | undefined =>
  share === undefined ? undefined : `${(100 * share).toFixed(1)}%`;

const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

const kindWords = { "zero-shot": "", "elite-shot": " (elite examples)", role: " (role)" } as const;

const differenceRow = (one: RunDifference): Cell[] => [
  `${one.set}${kindWords[one.kind]}, ${one.model ?? "mean"}`,
  ...[percent(one.first), percent(one.second), points(one.difference)],
  `${points(one.low)} to ${points(one.high)}`,
  one.p === undefined ? "" : one.p.toFixed(4),
  one.pairedBy === "problems" ? one.problems : `${one.problems}, others`,
];

const runRow = ({
  run,
  rounds,
  questions,
  updates,
  tokens,
  seconds,
  precision,
}: ComparedFacts["runs"][number]): Cell[] => [
  ...[run, rounds, questions, updates, tokens.toLocaleString("en")],
  ...[seconds.toFixed(0), percent(precision)],
];

const shown = (value: unknown): string => (value === undefined ? "–" : JSON.stringify(value)).slice(0, 120);

export const compareText = ({ runs, config, comparisons }: ComparedFacts): string =>
  [
    ...columns([
      ["run", "rounds", "questions", "updates", "tokens", "s", "verified right"],
      ...runs.map(runRow),
    ]),
    "",
    Object.keys(config).length === 0 ? "Their configurations are the same." : "Set differently:",
    ...Object.entries(config).map(([key, values]) => `  ${key}: ${values.map(shown).join(" | ")}`),
    ...comparisons.flatMap(({ first, second, differences }) => [
      "",
      `${second} against ${first}: right answers with the final weights, difference in points with its 95% interval`,
      ...(differences.length === 0
        ? ["  Nothing was measured in both."]
        : columns([
            ["set", first, second, "difference", "95% interval", "p", "problems"],
            ...differences.map(differenceRow),
          ])),
    ]),
  ].join("\n");
