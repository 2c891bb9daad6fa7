/** Order, search and groups of runs. */
import type { RunLine } from "../../shelf/shelf-view.ts";

export const columns = [
  "run",
  "arm",
  "models",
  "configuration",
  "seed",
  "state",
  "accuracy",
  "gain",
  "cost",
  "date",
] as const;
export type Column = (typeof columns)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

export const placeOf = ({ experiment, arm, task }: RunLine): string =>
  experiment === undefined ? "" : [experiment, arm, ...(task === "task" ? [] : [task])].join(" · ");

export const configurationOf = ({ without }: RunLine): string =>
  without.length === 0 ? "" : `without ${without.join(", ")}`;

export const gainOf = ({ accuracy }: RunLine): number | undefined =>
  accuracy === undefined ? undefined : accuracy.after - accuracy.before;

const values: Readonly<Record<Column, (line: RunLine) => number | string | undefined>> = {
  run: ({ run }) => run,
  arm: placeOf,
  models: ({ models }) => models.join(", "),
  configuration: configurationOf,
  seed: ({ seed }) => seed,
  state: ({ state }) => state,
  accuracy: ({ accuracy }) => accuracy?.after,
  gain: gainOf,
  cost: ({ tokens }) => tokens,
  date: ({ startedAt }) => startedAt,
};

const compare = (left: number | string | undefined, right: number | string | undefined): number => {
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined);
  return typeof left === "number" && typeof right === "number"
    ? left - right
    : String(left).localeCompare(String(right), "en", { numeric: true });
};

export const ordered = (lines: readonly RunLine[], { column, descending }: Order): readonly RunLine[] => {
  const value = values[column];
  const sign = descending ? -1 : 1;
  return lines.toSorted((left, right) => sign * compare(value(left), value(right)));
};

const searchable = (line: RunLine): string =>
  [line.run, placeOf(line), line.models.join(" "), configurationOf(line), line.state, `seed ${line.seed}`]
    .join("\n")
    .toLowerCase();

/** All words must be found. */
export const found = (lines: readonly RunLine[], search: string): readonly RunLine[] => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => words.every((word) => searchable(line).includes(word)));
};

export interface Family {
  readonly label: string;
  readonly runs: readonly RunLine[];
}

const familyOf = (line: RunLine): string => (line.experiment === undefined ? line.family : placeOf(line));

const labelOf = ([first, ...others]: readonly RunLine[]): string => {
  if (first === undefined) return "";
  const name = placeOf(first) === "" ? first.run : placeOf(first);
  return others.length === 0 ? (first.experiment === undefined ? name : `${name}, seed ${first.seed}`) : name;
};

/** Runs of one arm, or of configurations that differ in the seed only, in the order of their first. */
export const families = (lines: readonly RunLine[]): readonly Family[] =>
  [...Map.groupBy(lines, familyOf).values()].map((runs) => ({
    label: runs.length === 1 ? labelOf(runs) : `${labelOf(runs)} (${runs.length} seeds)`,
    runs,
  }));
