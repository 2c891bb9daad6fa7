/** The readings of a run that count: of the base weights, and of the weights in force at the end. */
import type { Message } from "../runtime/messages.ts";
import { emptyLineage, foldLineage, newestPoint } from "./lineage.ts";
import type { Reading } from "./readings.ts";
import { rightShare } from "./right-share.ts";
import type { Values } from "./statistics/bootstrap.ts";
import { mean } from "./statistics/summary.ts";

export interface FinalReading {
  readonly model: string;
  readonly kind: Reading["kind"];
  readonly set: string;
  /** The version in force at the end; 0 if the model has not changed. */
  readonly version: number;
  readonly reading: Reading;
  /** Of the base weights on the same problems, with the same examples. */
  readonly base: Reading;
}

/** In any order: a seed decides which problem of a benchmark comes first. */
export const problemsOf = ({ answers }: Reading): string =>
  answers
    .map(({ problem }) => problem)
    .toSorted()
    .join("\n");

const finalOf = (readings: readonly Reading[], version: number): FinalReading[] => {
  const reading = readings.findLast(({ adapter }) => adapter === version);
  if (reading === undefined) return [];
  const base = readings.findLast(
    (one) =>
      one.adapter === 0 && one.examples === reading.examples && problemsOf(one) === problemsOf(reading),
  );
  const { model, kind, set } = reading;
  return base === undefined ? [] : [{ model, kind, set, version, reading, base }];
};

const kinds: readonly Reading["kind"][] = ["zero-shot", "elite-shot", "role"];

/** Zero-shot sets first, each with its models in the order they were measured. */
export const finalReadings = (records: readonly Message[]): FinalReading[] => {
  const readings = records.filter((record) => record.type === "measure.taken");
  const { versions } = newestPoint(records.reduce(foldLineage, emptyLineage));
  const subjects = Map.groupBy(readings, ({ model, kind, set }) => `${model}/${kind}/${set}`);
  const all = [...subjects.values()].flatMap((found) => finalOf(found, versions[found[0]?.model ?? ""] ?? 0));
  const sets = [...new Set(all.map(({ set }) => set))];
  return all.toSorted(
    (left, right) =>
      kinds.indexOf(left.kind) - kinds.indexOf(right.kind) ||
      sets.indexOf(left.set) - sets.indexOf(right.set),
  );
};

/** Share of right answers of each problem, in order. */
const sharesOf = ({ answers }: Reading): Map<string, number> => {
  const byProblem = Map.groupBy(answers, ({ problem }) => problem);
  return new Map([...byProblem].map(([problem, own]) => [problem, rightShare(own)]));
};

/** pass@1 by problem, mean over models; of different problems the models' shares, by model. */
export const groupMarks = (readings: readonly Reading[]): Values => {
  const [first] = readings;
  if (first === undefined) return new Map();
  if (readings.some((one) => problemsOf(one) !== problemsOf(first)))
    return new Map(readings.map(({ model, answers }) => [model, rightShare(answers)]));
  const shares = readings.map(sharesOf);
  const meanOf = (problem: string): number => mean(shares.map((own) => own.get(problem) ?? 0));
  return new Map([...sharesOf(first).keys()].map((problem) => [problem, meanOf(problem)]));
};
