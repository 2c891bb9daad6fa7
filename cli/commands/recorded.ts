/** A run as its journal has it, for reports: no key of an endpoint is needed to read it. */
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { readStoredConfig, shownConfig } from "../../dashboard/record/stored-config.ts";
import type { ComparedRun } from "../../experiments/compare/compared-runs.ts";
import { foldGoals, type Goals } from "../../experiments/goals.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader, journalFile } from "../../runtime/journal/journal-reader.ts";
import type { Task } from "../../runtime/task.ts";
import { knownRunFolder } from "./known-run.ts";

/** If the task is no longer known, the precision of the consensus is unknown. */
export const truthOf = async (config: Config): Promise<Task | undefined> => {
  try {
    return await taskOf(config);
  } catch {
    return undefined;
  }
};

/** `run`: a name in `runsFolder`, or the path of a run's folder. @throws UnknownRunError */
const folderOf = (run: string, runsFolder: string): string =>
  existsSync(journalFile(resolve(run))) ? resolve(run) : knownRunFolder(run, runsFolder);

/** @throws UnknownRunError, JournalError, StoredConfigError */
export const readRecorded = async (given: string, runsFolder: string): Promise<ComparedRun> => {
  const folder = folderOf(given, runsFolder);
  const run = basename(folder);
  const journal = JournalReader.openReadOnly(folder);
  try {
    const records = Array.from(journal.records(), ({ message }) => message);
    const goals = records.reduce(foldGoals, {} as Goals);
    const settings = { ...readStoredConfig(journal.config, run), ...goals, runsFolder: dirname(folder) };
    return { run, folder, records, settings, config: shownConfig(settings), task: await truthOf(settings) };
  } finally {
    journal.close();
  }
};
