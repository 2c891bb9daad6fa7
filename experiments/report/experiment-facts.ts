/** Everything that the report of an experiment shows: its plan, the facts of every run, and the paired differences. */
import type { Experiment } from "../arms/experiment.ts";
import type { FinalReading } from "../final-readings.ts";
import { groupMarks } from "../final-readings.ts";
import type { Values } from "../statistics/bootstrap.ts";
import { type BySeed, type PairedSeeds, pairedSeeds } from "../statistics/paired-seeds.ts";
import { mean } from "../statistics/summary.ts";
import type { RunFacts } from "./run-facts.ts";

export interface PlannedState {
  readonly run: string;
  readonly arm: string;
  readonly task: string;
  readonly seed: number;
  readonly state: "new" | "begun" | "failed" | "finished";
  /** Why it failed. */
  readonly reason?: string | undefined;
  /** As YAML, without passwords in addresses. */
  readonly settings: string;
  /** Relative to the report. */
  readonly folder: string;
  /** The command that shows the run. */
  readonly command: string;
}

export interface Versions {
  readonly agora: string;
  readonly node: string;
  readonly writtenAt: string;
}

export interface ExperimentFacts {
  readonly experiment: Omit<Experiment, "runs" | "folder">;
  readonly planned: readonly PlannedState[];
  /** Of the finished runs. */
  readonly runs: readonly RunFacts[];
  readonly versions: Versions;
}

/** One column of a table: a set, zero-shot or with elite examples, or a figure of another role. */
export interface Column {
  readonly kind: FinalReading["kind"];
  readonly set: string;
}

export const columnTitle = ({ kind, set }: Column): string => (kind === "elite-shot" ? `${set}, elite` : set);

const isOf =
  ({ kind, set }: Column) =>
  (final: FinalReading): boolean =>
    final.kind === kind && final.set === set;

/** The columns that finished runs of a task have, in the order in which they were measured. */
export const columnsOf = (runs: readonly RunFacts[], kinds: readonly Column["kind"][]): Column[] => {
  const found = new Map<string, Column>();
  for (const { finals } of runs)
    for (const { kind, set } of finals) if (kinds.includes(kind)) found.set(`${kind}/${set}`, { kind, set });
  return [...found.values()];
};

/** Sorted. */
export const modelsOf = (runs: readonly RunFacts[]): string[] =>
  [...new Set(runs.flatMap(({ finals }) => finals.map(({ model }) => model)))].toSorted();

/** Share of right answers by problem, mean over the group's models or of one model; empty if nothing was measured. */
export const marksOf = (
  { finals }: RunFacts,
  column: Column,
  { when = "final", model }: { readonly when?: "base" | "final"; readonly model?: string | undefined } = {},
): Values =>
  groupMarks(
    finals
      .filter(isOf(column))
      .filter((final) => model === undefined || final.model === model)
      .map(({ reading, base }) => (when === "final" ? reading : base)),
  );

export const scoreOf = (...given: Parameters<typeof marksOf>): number | undefined => {
  const marks = marksOf(...given);
  return marks.size === 0 ? undefined : mean([...marks.values()]);
};

export interface ArmDifference extends PairedSeeds {
  readonly arm: string;
  readonly task: string;
  readonly column: Column;
}

const bySeed = (runs: readonly RunFacts[], column: Column): BySeed =>
  new Map(runs.map((run) => [run.seed, marksOf(run, column)]));

/** Every arm less the reference, per task and column. */
export const differencesOf = ({ experiment, runs }: ExperimentFacts): ArmDifference[] => {
  const { arms, tasks, reference } = experiment;
  const of = (arm: string, task: string) => runs.filter((run) => run.arm === arm && run.task === task);
  return tasks.flatMap(({ name: task }) =>
    arms
      .filter(({ name }) => name !== reference)
      .flatMap(({ name: arm }) =>
        columnsOf(of(arm, task), ["zero-shot", "elite-shot"]).flatMap((column) => {
          const paired = pairedSeeds(bySeed(of(reference, task), column), bySeed(of(arm, task), column));
          return paired === undefined ? [] : [{ ...paired, arm, task, column }];
        }),
      ),
  );
};
