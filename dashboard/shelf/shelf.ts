/**
 * All runs of a folder, and of the experiments in it.
 *
 * 1. A run is read again only if its files have changed. Runs are read one after the other between requests, so that
 *    the table appears at once and fills.
 * 2. Nothing is written: journals are opened read-only, also those that another process writes.
 */
import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setImmediate as giveWay } from "node:timers/promises";
import { AgoraError } from "../../runtime/agora-error.ts";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import { type ExperimentFolder, experimentFolder, type PlannedPlace } from "./experiment-folder.ts";
import { runLine } from "./run-line.ts";
import type { RunLine, ShelfView } from "./shelf-view.ts";

export class ShelfError extends AgoraError<"AGORA_SHELF_FOLDER"> {}

interface FoundRun {
  readonly key: string;
  readonly run: string;
  readonly place?: PlannedPlace;
}

interface Kept {
  readonly stamp: string;
  readonly line: RunLine;
}

/** A request waits this long for runs that have not been read [ms]. */
const patience = 150;

/** Runs may lie on another disk. */
const leadsToFolder = (link: string): boolean => {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false;
  }
};

const foldersIn = (folder: string): string[] => {
  const isFolder = (entry: Dirent) =>
    !entry.name.startsWith(".") &&
    (entry.isDirectory() || (entry.isSymbolicLink() && leadsToFolder(join(folder, entry.name))));
  return readdirSync(folder, { withFileTypes: true })
    .filter(isFolder)
    .map(({ name }) => name)
    .toSorted();
};

const sizeOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.size} ${found.mtimeMs}`;
};

const isHeld = (folder: string): boolean => {
  try {
    return RunLock.isHeld(folder);
  } catch {
    return false;
  }
};

export class Shelf {
  readonly folder: string;
  readonly #kept = new Map<string, Kept>();
  #reading: Promise<void> | undefined;

  /** @throws ShelfError if there is no such folder */
  constructor(folder: string) {
    this.folder = resolve(folder);
    if (statSync(this.folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new ShelfError("AGORA_SHELF_FOLDER", `there is no folder ${this.folder}`, {
        fix: "name the folder of your runs; `agora run` makes `runs`",
      });
  }

  async view(): Promise<ShelfView> {
    const { runs, experiments, foreign } = this.#find();
    this.#reading ??= this.#read(runs).finally(() => {
      this.#reading = undefined;
    });
    await Promise.race([this.#reading, new Promise((done) => setTimeout(done, patience))]);
    const lines = runs.flatMap(({ key, place }) => {
      const line = this.#kept.get(key)?.line;
      return line === undefined ? [] : [{ ...line, ...place }];
    });
    return {
      ...{ folder: this.folder, runs: lines, experiments: experiments.map(({ line }) => line), foreign },
      unread: runs.length - lines.length,
    };
  }

  /** The folder of a run by its key; undefined for any other text. */
  folderOf(key: string): string | undefined {
    const found = this.#find().runs.find((run) => run.key === key);
    return found === undefined ? undefined : join(this.folder, found.key);
  }

  /** The folder of an experiment by its key. */
  experimentOf(key: string): string | undefined {
    const found = this.#find().experiments.find(({ line }) => line.key === key);
    return found === undefined ? undefined : join(this.folder, found.line.key);
  }

  #isRun(key: string): boolean {
    return existsSync(journalFile(join(this.folder, key)));
  }

  #find(): {
    readonly runs: readonly FoundRun[];
    readonly experiments: readonly ExperimentFolder[];
    readonly foreign: readonly string[];
  } {
    const names = foldersIn(this.folder);
    const own = names.filter((name) => this.#isRun(name)).map((name) => ({ key: name, run: name }));
    const others = names.filter((name) => !this.#isRun(name));
    const experiments = others.flatMap((name) => experimentFolder(this.folder, name) ?? []);
    const planned = experiments.flatMap(({ line: { key }, places }) =>
      foldersIn(join(this.folder, key))
        .map((run): FoundRun => ({ key: `${key}/${run}`, run, ...placeOf(places, run) }))
        .filter((found) => this.#isRun(found.key)),
    );
    const known = new Set(experiments.map(({ line: { key } }) => key));
    return {
      runs: [...own, ...planned],
      experiments,
      foreign: others.filter((name) => !known.has(name)),
    };
  }

  async #read(runs: readonly FoundRun[]): Promise<void> {
    for (const { key, run } of runs) {
      const stamp = this.#stampOf(key);
      if (this.#kept.get(key)?.stamp === stamp) continue;
      this.#kept.set(key, { stamp, line: runLine(this.folder, key, run) });
      await giveWay();
    }
  }

  /** Changes with the journal, and when its process ends. */
  #stampOf(key: string): string {
    const folder = join(this.folder, key);
    const file = journalFile(folder);
    return `${sizeOf(file)} ${sizeOf(`${file}-wal`)} ${isHeld(folder)}`;
  }
}

const placeOf = (
  places: ReadonlyMap<string, PlannedPlace>,
  run: string,
): { readonly place?: PlannedPlace } => {
  const place = places.get(run);
  return place === undefined ? {} : { place };
};
