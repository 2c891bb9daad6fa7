/** The figures of a report as plain tables, for other tools: CSV and Parquet. */
import type { ColumnSource } from "hyparquet-writer";
import { precisionOf, rawOf } from "../audit.ts";
import { columnTitle, differencesOf, type ExperimentFacts } from "./experiment-facts.ts";
import { falseAcceptOf } from "./group-tables.ts";
import type { RunFacts } from "./run-facts.ts";

type Value = string | number | undefined;
type Row = Readonly<Record<string, Value>>;

export interface DataTable {
  readonly name: string;
  readonly rows: readonly Row[];
}

const placeOf = ({ run, arm, task, seed }: RunFacts): Row => ({ run, arm, task, seed });

const runRow = (run: RunFacts): Row => ({
  ...placeOf(run),
  ...{
    tokens: run.playTokens,
    all_tokens: run.tokens,
    calls: run.usage.total.calls,
    rounds: run.rounds.length,
  },
  ...{ questions: run.questions, updates: run.updates, verified: run.verified, admitted: run.admitted },
  ...{ seconds: run.seconds, false_accepts: falseAcceptOf(run) },
  verified_right: run.audit && precisionOf(run.audit),
  all_right: run.audit && rawOf(run.audit),
  ...{ diversity_answers: run.diversity?.answers, diversity_texts: run.diversity?.texts },
  ...{ stale: run.staleness.staleShare, versions_behind: run.staleness.meanBehind },
  ...{
    alarms: run.alarms?.length,
    contaminated: run.contamination.contaminated,
    leaked: run.contamination.leaked,
  },
});

const rightIn = (answers: readonly { readonly right: boolean }[]): number =>
  answers.filter(({ right }) => right).length;

const accuracyRows = (run: RunFacts): Row[] =>
  run.finals.map(({ model, kind, set, version, reading, base }) => ({
    ...placeOf(run),
    ...{ model, kind, set, version, problems: reading.answers.length },
    ...{ right: rightIn(reading.answers), right_before: rightIn(base.answers) },
  }));

const roundRows = (run: RunFacts): Row[] => run.rounds.map((round) => ({ ...placeOf(run), ...round }));

const refusalRows = (run: RunFacts): Row[] =>
  Object.values(run.refusals).map((judgement) => ({ ...placeOf(run), ...judgement }));

const differenceRows = (facts: ExperimentFacts): Row[] =>
  differencesOf(facts).map(
    ({ arm, task, column, seeds, difference, sd, interval, bootstrap, permutation }) => ({
      ...{ arm, reference: facts.experiment.reference, task, set: columnTitle(column), seeds: seeds.length },
      ...{ difference, sd, t_low: interval?.low, t_high: interval?.high },
      ...{ bootstrap_low: bootstrap?.low, bootstrap_high: bootstrap?.high },
      ...{ p: permutation?.p, least_p: permutation?.least },
    }),
  );

/** Tables without rows are left out. Shares are in [0, 1]. */
export const dataTables = (facts: ExperimentFacts): DataTable[] =>
  [
    { name: "runs", rows: facts.runs.map(runRow) },
    { name: "accuracy", rows: facts.runs.flatMap(accuracyRows) },
    { name: "differences", rows: differenceRows(facts) },
    { name: "rounds", rows: facts.runs.flatMap(roundRows) },
    { name: "refusals", rows: facts.runs.flatMap(refusalRows) },
  ].filter(({ rows }) => rows.length > 0);

const columnsOf = ({ rows }: DataTable): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];

const csvCell = (value: Value): string => {
  const text = value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** RFC 4180, with a line of names. */
export const csvOf = (table: DataTable): string => {
  const columns = columnsOf(table);
  const lines = [columns, ...table.rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
};

const columnSource = ({ rows }: DataTable, name: string): ColumnSource => {
  const data = rows.map((row) => row[name] ?? null);
  const isText = data.some((value) => typeof value === "string");
  return { name, data, type: isText ? "STRING" : "DOUBLE", nullable: true };
};

export const parquetOf = async (table: DataTable): Promise<Uint8Array> => {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = columnsOf(table).map((name) => columnSource(table, name));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
};
