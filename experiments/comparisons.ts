/** Accuracy before and after a run, per model and set, from the readings in its journal; both on the same problems. */
import type { Message } from "../runtime/messages.ts";
import { finalReadings } from "./final-readings.ts";
import { type Interval, type Paired, pairedDifference, wilson } from "./intervals.ts";
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

const marksOf = ({ answers }: Reading): boolean[] => answers.map(({ right }) => right);

/** Zero-shot sets first, each with its models in the order they were measured. */
export const comparisonsIn = (records: readonly Message[]): Comparison[] =>
  finalReadings(records).map(({ model, version, kind, set, base, reading }) => ({
    ...{ model, version, kind, set, before: scoreOf(base), after: scoreOf(reading) },
    paired: pairedDifference(marksOf(base), marksOf(reading)),
  }));
