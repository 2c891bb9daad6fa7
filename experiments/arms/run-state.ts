/**
 * What the disk knows of each run of an experiment.
 *
 * 1. A run has finished if its `result.json` says so, with everything measured. It is not played again.
 * 2. A failure stands in `failed.json` beside the run's journal, with its reason, until the run is started again.
 * 3. The configuration of every run that was started stays in `configs/`; a run whose configuration has changed since is
 *    an error, because its journal keeps the old one.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { ConfigError, type ConfigProblem } from "../../runtime/config/config-error.ts";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import type { factsOf } from "../result-facts.ts";
import { isGoal } from "../run-end.ts";
import { type Experiment, type PlannedRun, runFolderOf } from "./experiment.ts";

/** The content of `result.json`. */
export type ResultFacts = ReturnType<typeof factsOf>;

export interface Failure {
  readonly reason: string;
  /** Exit code of the program, or the signal that ended it. */
  readonly exit: number | string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type RunState =
  | { readonly state: "new" }
  /** Begun, and neither finished nor failed. */
  | { readonly state: "begun" }
  | { readonly state: "failed"; readonly failure: Failure }
  | { readonly state: "finished"; readonly result: ResultFacts };

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
};

const failureFile = (folder: string): string => join(folder, "failed.json");

/** Undefined while the run has no result, also if it was stopped. */
export const resultIn = (folder: string): ResultFacts | undefined =>
  readJson(join(folder, "result.json")) as ResultFacts | undefined;

/** Whether a run has reached its goal, with everything measured. */
export const hasFinished = (result: ResultFacts | undefined): result is ResultFacts =>
  result?.outcome === "finished" && isGoal(result.reason ?? "") && result.measuring !== "interrupted";

export const stateOf = (experiment: Experiment, run: PlannedRun): RunState => {
  const folder = runFolderOf(experiment, run);
  const failure = readJson(failureFile(folder)) as Failure | undefined;
  if (failure !== undefined) return { state: "failed", failure };
  const result = resultIn(folder);
  if (hasFinished(result)) return { state: "finished", result };
  return existsSync(journalFile(folder)) ? { state: "begun" } : { state: "new" };
};

export const keepFailure = (experiment: Experiment, run: PlannedRun, failure: Failure): void => {
  const folder = runFolderOf(experiment, run);
  mkdirSync(folder, { recursive: true });
  writeFileSync(failureFile(folder), `${JSON.stringify(failure, null, 2)}\n`);
};

export const forgetFailure = (experiment: Experiment, run: PlannedRun): void =>
  rmSync(failureFile(runFolderOf(experiment, run)), { force: true });

export const configFileOf = ({ folder }: Experiment, { config }: PlannedRun): string =>
  join(folder, "configs", `${config.run}.yaml`);

/** As it reads back from YAML or JSON: keys without a value are left out. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const changedKeys = (
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) => !["run", "runsFolder"].includes(key) && !isDeepStrictEqual(before[key], now[key]),
  );

const changeOf = (experiment: Experiment, run: PlannedRun): ConfigProblem[] => {
  const file = configFileOf(experiment, run);
  if (!existsSync(file) || stateOf(experiment, run).state === "new") return [];
  const changed = changedKeys(
    parse(readFileSync(file, "utf8")),
    plain(run.config) as Record<string, unknown>,
  );
  if (changed.length === 0) return [];
  return [
    {
      key: `arms.${run.arm}`,
      problem: `run ${run.config.run} was started with other values of ${changed.join(", ")}`,
      expected: "the configuration that it was started with: a run keeps it",
      fix: `give the arm or the experiment another name, or remove ${runFolderOf(experiment, run)}`,
    },
  ];
};

/** The part of an experiment by which its folder can be read without its file. */
export interface StoredExperiment extends Omit<Experiment, "runs" | "folder"> {
  readonly runs: readonly PlannedRun[];
}

const manifestFile = (folder: string): string => join(folder, "experiment.json");

/** Undefined if the folder holds no experiment. Configurations are as they were when the experiment was last started. */
export const storedExperiment = (folder: string): Experiment | undefined => {
  const stored = readJson(manifestFile(folder)) as StoredExperiment | undefined;
  return stored === undefined ? undefined : { ...stored, folder };
};

const earlierProblems = (experiment: Experiment): ConfigProblem[] => {
  const earlier = storedExperiment(experiment.folder);
  if (earlier === undefined || earlier.problems === experiment.problems) return [];
  return [
    {
      key: "problems",
      problem: `is ${experiment.problems}, and its runs were measured on ${earlier.problems}`,
      ...{
        expected: `${earlier.problems}, so that all runs compare`,
        fix: "give the experiment another name",
      },
    },
  ];
};

/** @throws ConfigError if the folder has runs of another configuration. */
export const checkUnchanged = (experiment: Experiment): void => {
  const changes = experiment.runs.flatMap((run) => changeOf(experiment, run));
  const [first, ...rest] = [...earlierProblems(experiment), ...changes];
  if (first !== undefined) throw new ConfigError([first, ...rest]);
};

/** Writes the manifest and the configurations of all runs. */
export const keepExperiment = (experiment: Experiment): void => {
  mkdirSync(join(experiment.folder, "configs"), { recursive: true });
  for (const run of experiment.runs)
    writeFileSync(configFileOf(experiment, run), stringify(plain(run.config)));
  const { folder: _folder, ...stored } = experiment;
  writeFileSync(manifestFile(experiment.folder), `${JSON.stringify(stored, null, 2)}\n`);
};
