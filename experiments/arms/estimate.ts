/** How long an experiment will take and what it will cost, from runs that were measured. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../../machines/counted.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { mean } from "../statistics/summary.ts";
import type { Budget, Experiment } from "./experiment.ts";
import { type ResultFacts, resultIn } from "./run-state.ts";

/** What one run takes. */
export interface Pace {
  readonly seconds: number;
  readonly tokens: number;
  /** Where it was measured. */
  readonly source: string;
}

export const tokensOf = ({ usage: { total } }: ResultFacts): number =>
  total.promptTokens + total.completionTokens;

/** By how much the budget is larger than what the measured run spent. */
const scaleOf = (budget: Budget, result: ResultFacts): number =>
  "tokens" in budget
    ? budget.tokens / Math.max(1, tokensOf(result))
    : budget.rounds / Math.max(1, result.rounds);

const paceOf = (budget: Budget, result: ResultFacts, source: string): Pace => {
  const scale = scaleOf(budget, result);
  const measuring = Math.max(0, result.seconds - result.playSeconds);
  return { seconds: scale * result.playSeconds + measuring, tokens: scale * tokensOf(result), source };
};

/** The checkpoints that a run calls: runs of the same group take about as long. */
const groupOf = ({ models }: Pick<Config, "models">): string =>
  models
    .map(({ model, endpoint }) => `${model} at ${endpoint}`)
    .toSorted()
    .join(", ");

const storedGroup = (folder: string): string | undefined => {
  try {
    const journal = JournalReader.openReadOnly(folder);
    try {
      return groupOf(JSON.parse(journal.config) as Config);
    } finally {
      journal.close();
    }
  } catch {
    return undefined;
  }
};

const foldersIn = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
};

/** Folders with a result. */
const newestFirst = (folders: readonly string[]): string[] =>
  folders
    .map((folder) => ({
      folder,
      at: statSync(join(folder, "result.json"), { throwIfNoEntry: false })?.mtimeMs,
    }))
    .filter(({ at }) => at !== undefined)
    .toSorted((left, right) => (right.at ?? 0) - (left.at ?? 0))
    .map(({ folder }) => folder);

/** From finished runs of the experiment itself, which have the same budget. */
const ownPace = (results: readonly ResultFacts[]): Pace | undefined =>
  results.length === 0
    ? undefined
    : {
        seconds: mean(results.map(({ seconds }) => seconds)),
        tokens: mean(results.map(tokensOf)),
        source: `${counted(results.length, "finished run")} of this experiment`,
      };

/** `results`: of the experiment's finished runs. Otherwise any finished run of the same models in `runsFolder`. */
export const paceFor = (
  experiment: Experiment,
  results: readonly ResultFacts[],
  runsFolder: string,
): Pace | undefined => {
  const own = ownPace(results);
  const [first] = experiment.runs;
  if (own !== undefined || first === undefined) return own;
  const group = groupOf(first.config);
  const folders = newestFirst(foldersIn(runsFolder).flatMap((folder) => [folder, ...foldersIn(folder)]));
  for (const folder of folders) {
    const result = resultIn(folder);
    if (result === undefined || result.measures === undefined || result.rounds === 0) continue;
    if (storedGroup(folder) === group) return paceOf(experiment.budget, result, `run ${result.run}`);
  }
  return undefined;
};
