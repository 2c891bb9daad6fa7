/**
 * Makes a new run of another one's records, so that both go on from the same point with some keys set differently.
 *
 * 1. The new run is whole or not there: its journal holds the records, its folder the adapters that they name. It is made
 *    in a hidden folder, which gets its name at the end.
 * 2. Its configuration is the other's with the changed keys: components that an operator had switched there, also for
 *    the next round only, are part of it.
 * 3. Its first own record, `run.forked`, says whose records came before, who made it, and what differs.
 */
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { foldGoals, type Goals, reachedGoal } from "../../experiments/goals.ts";
import { componentsNext, foldControl, noControl } from "../../machines/folds/control.ts";
import { ActError } from "../../runtime/acts.ts";
import { type Config, ConfigError, loadConfig } from "../../runtime/config/config.ts";
import { wordOf } from "../../runtime/config/model-keys.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import { JournalReader, journalFile } from "../../runtime/journal/journal-reader.ts";
import { componentNames, type Message } from "../../runtime/messages.ts";
import { keyless } from "./keyless.ts";
import { runFolder } from "./run-folder.ts";

export interface ForkOptions {
  /** Name of the other run. */
  readonly parent: string;
  readonly runsFolder: string;
  /** `key=value` pairs. */
  readonly set: readonly string[];
  /** Name of the new run; undefined: the other's with a number. */
  readonly run?: string | undefined;
  /** Only the records until this round has closed; undefined: all. */
  readonly round?: number | undefined;
  readonly operator: string;
  readonly act: string;
}

export interface Fork {
  readonly fork: string;
  readonly folder: string;
  readonly changed: readonly string[];
  /** How many records were copied. */
  readonly records: number;
}

/** What may differ: everything else is what the records were made with. */
const changeable: readonly string[] = [...componentNames, "gate", "seed", "rounds", "updates", "tokens"];

/** Records that one transaction writes. */
const batch = 1000;

const refuse = (
  problem: string,
  options: { readonly expected?: string; readonly fix?: string } = {},
): never => {
  throw new ActError("AGORA_ACT_VALUE", problem, options);
};

const keyOf = (pair: string): string => pair.slice(0, Math.max(0, pair.indexOf("="))).trim();

const readParent = ({ parent, runsFolder }: ForkOptions) => {
  const journal = JournalReader.openReadOnly(runFolder({ run: parent, runsFolder }));
  try {
    const records = Array.from(journal.records(), ({ message }) => message);
    return { stored: JSON.parse(journal.config) as Partial<Config>, records };
  } finally {
    journal.close();
  }
};

const until = (records: readonly Message[], { parent, round }: ForkOptions): readonly Message[] => {
  if (round === undefined) return records;
  const end = records.findIndex((record) => record.type === "round.closed" && record.round === round);
  if (end >= 0) return records.slice(0, end + 1);
  const closed = records.filter(({ type }) => type === "round.closed").length;
  return refuse(`round ${round} of ${parent} has not closed`, {
    expected: closed === 0 ? "a run with a closed round" : `a round from 0 to ${closed - 1}`,
  });
};

/** The other's folder may have any name. */
const freeName = ({ parent, runsFolder }: ForkOptions): string => {
  for (let number = 1; ; number += 1) {
    const name = `${wordOf(parent, 50)}-fork${number}`;
    if (!existsSync(runFolder({ run: name, runsFolder }))) return name;
  }
};

const nameOf = (options: ForkOptions): string => {
  const { run = freeName(options), runsFolder } = options;
  if (existsSync(journalFile(runFolder({ run, runsFolder }))))
    refuse(`there is a run called ${run}`, { fix: "name another" });
  if (existsSync(runFolder({ run, runsFolder })))
    refuse(`there is a folder called ${run} in ${resolve(runsFolder)}`, { fix: "name another" });
  return run;
};

const configOf = (
  stored: Partial<Config>,
  past: readonly Message[],
  { set, runsFolder }: ForkOptions,
  run: string,
): Config => {
  const other = set.find((pair) => !changeable.includes(keyOf(pair)));
  if (other !== undefined)
    refuse(`${other}: a fork keeps the rest of the configuration`, {
      expected: `key=value with one of ${changeable.join(", ")}`,
      fix: "start another run for the rest",
    });
  const inForce = {
    ...stored,
    ...past.reduce(foldGoals, {} as Goals),
    ...componentsNext(past.reduce(foldControl, noControl)),
  };
  const changed = set.map(keyOf);
  const kept = Object.fromEntries(Object.entries(inForce).filter(([key]) => !changed.includes(key)));
  try {
    return loadConfig({ flags: set, overrides: { ...kept, run, runsFolder }, env: keyless(stored) });
  } catch (cause) {
    if (cause instanceof ConfigError) throw new ActError("AGORA_ACT_VALUE", cause.message, { cause });
    throw cause;
  }
};

/** Of both configurations, the keys that differ, as key=value. */
const differences = (before: Partial<Config>, after: Config): string[] =>
  changeable.flatMap((key) => {
    const [was, is] = [Reflect.get(before, key) as unknown, Reflect.get(after, key) as unknown];
    return was === is ? [] : [`${key}=${String(is)}`];
  });

/** Adapters are in the new run's own folder, and its records say so. */
const moved = (record: Message, folder: string): Message =>
  "folder" in record && record.folder !== undefined
    ? { ...record, folder: join(folder, "adapters", basename(record.folder)) }
    : record;

const copyAdapters = (records: readonly Message[], from: string, to: string): void => {
  for (const record of records) {
    if (!("folder" in record) || record.folder === undefined) continue;
    const name = basename(record.folder);
    const source = join(from, "adapters", name);
    if (existsSync(source)) cpSync(source, join(to, "adapters", name), { recursive: true });
  }
};

/** A finished run has to be extended before it is played on. */
const isFinished = (records: readonly Message[]): boolean =>
  records.findLast(({ type }) => type === "run.finished" || type === "run.extended")?.type === "run.finished";

/** A folder beside those of the runs, for a run that is being made: no command takes it for one. */
const makeshiftFolder = ({ run, runsFolder }: Config): string =>
  join(resolve(runsFolder), `.${run}-${randomUUID()}`);

/** @throws ActError, JournalError */
export const forkRun = (options: ForkOptions): Fork => {
  const { parent, act, operator } = options;
  const { stored, records } = readParent(options);
  const past = until(records, options);
  const run = nameOf(options);
  const config = configOf(stored, past, options, run);
  const reached = reachedGoal(past, config);
  if (reached !== undefined)
    refuse(`the fork would have reached ${reached}`, {
      fix: "raise that goal, or fork after an earlier round",
    });
  const changed = differences(stored, config);
  const folder = runFolder(config);
  const makeshift = makeshiftFolder(config);
  const journal = Journal.create(makeshift, JSON.stringify(config));
  try {
    copyAdapters(past, runFolder({ ...config, run: parent }), makeshift);
    for (let from = 0; from < past.length; from += batch)
      journal.append(past.slice(from, from + batch).map((record) => moved(record, folder)));
    const { rounds, updates, tokens } = config;
    const own = { from: "host", at: Date.now() };
    journal.append([
      { type: "run.forked", ...own, act, operator, parent, records: past.length, changed },
      ...(isFinished(past) ? [{ type: "run.extended" as const, ...own, rounds, updates, tokens }] : []),
    ]);
    journal.close();
    renameSync(makeshift, folder);
  } catch (cause) {
    journal.close();
    rmSync(makeshift, { recursive: true, force: true });
    throw cause;
  }
  return { fork: run, folder, changed, records: past.length };
};
