/** Finds a run by its name. The error for an unknown name lists the known runs. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import { runFolder } from "../host/run-folder.ts";

export class UnknownRunError extends AgoraError<"AGORA_RUN_UNKNOWN"> {
  constructor(problem: string, options: AgoraErrorOptions) {
    super("AGORA_RUN_UNKNOWN", problem, options);
  }
}

const mostListed = 20;

/** Newest first. */
const runsIn = (runsFolder: string): string[] => {
  if (!existsSync(runsFolder)) return [];
  return readdirSync(runsFolder)
    .filter((name) => existsSync(journalFile(join(runsFolder, name))))
    .map((name) => ({ name, at: statSync(journalFile(join(runsFolder, name))).mtimeMs }))
    .toSorted((left, right) => right.at - left.at)
    .map(({ name }) => name);
};

const choiceOf = (runs: readonly string[]): AgoraErrorOptions => {
  if (runs.length === 0)
    return { fix: "start one with `agora run`, or name the folder of the runs with --runs" };
  const more = runs.length > mostListed ? ` and ${runs.length - mostListed} more` : "";
  return { expected: `one of ${runs.slice(0, mostListed).join(", ")}${more}` };
};

/** @throws UnknownRunError that lists the runs of the folder. */
export const knownRunFolder = (run: string, runsFolder: string): string => {
  const folder = runFolder({ run, runsFolder });
  const isName =
    join(resolve(runsFolder), run) === folder && !/[\\/]/.test(run) && run !== ".." && run !== ".";
  if (isName && existsSync(journalFile(folder))) return folder;
  const place = resolve(runsFolder);
  throw new UnknownRunError(`no run in ${place} is called "${run}"`, choiceOf(runsIn(runsFolder)));
};
