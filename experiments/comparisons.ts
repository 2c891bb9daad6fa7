/** Accuracy before and after a run, per model and set, from the readings in its journal; both on the same problems. */
import type { Message } from "../runtime/messages.ts";
import { type Interval, type Paired, pairedDifference, wilson } from "./intervals.ts";
import { emptyLineage, foldLineage, newestPoint } from "./lineage.ts";
import type { Reading } from "./readings.ts";

/** The result of one version on one set. */
export interface Score extends Interval {
  readonly right: number;
  readonly total: number;
}

export interface Comparison {
  readonly model: string;
  /** The version in force at the end; 0 if the model has not changed. */
  readonly version: number;
  readonly kind: Reading["kind"];
  readonly set: string;
  readonly before: Score;
  readonly after: Score;
  readonly paired: Paired;
}

const scoreOf = ({ answers }: Reading): Score => {
  const right = answers.filter((answer) => answer.right).length;
  return { right, total: answers.length, ...wilson(right, answers.length) };
};

/** Identifies model and set, independent of version, size and examples. */
const subjectOf = ({ model, kind, set }: Reading): string => `${model}/${kind}/${set}`;

const marksOf = ({ answers }: Reading): boolean[] => answers.map(({ right }) => right);

const problemsOf = ({ answers }: Reading): string => answers.map(({ problem }) => problem).join("\n");

/** The newest reading of the final version, with the reading of the base on the same problems. */
const comparisonOf = (readings: readonly Reading[], version: number): Comparison[] => {
  const after = readings.findLast(({ adapter }) => adapter === version);
  if (after === undefined) return [];
  const before = readings.findLast(
    (one) => one.adapter === 0 && one.examples === after.examples && problemsOf(one) === problemsOf(after),
  );
  if (before === undefined) return [];
  const { model, kind, set } = after;
  const paired = pairedDifference(marksOf(before), marksOf(after));
  return [{ model, version, kind, set, before: scoreOf(before), after: scoreOf(after), paired }];
};

const kinds: readonly Reading["kind"][] = ["zero-shot", "elite-shot", "role"];

/** Zero-shot sets first, each with its models in the order they were measured. */
export const comparisonsIn = (records: readonly Message[]): Comparison[] => {
  const readings = records.filter((record) => record.type === "measure.taken");
  const { versions } = newestPoint(records.reduce(foldLineage, emptyLineage));
  const subjects = [...Map.groupBy(readings, subjectOf).values()];
  const all = subjects.flatMap((found) => comparisonOf(found, versions[found[0]?.model ?? ""] ?? 0));
  const sets = [...new Set(all.map(({ set }) => set))];
  return all.toSorted(
    (left, right) =>
      kinds.indexOf(left.kind) - kinds.indexOf(right.kind) ||
      sets.indexOf(left.set) - sets.indexOf(right.set),
  );
};
