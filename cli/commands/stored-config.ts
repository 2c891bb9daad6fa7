/** The configuration of an existing run: as stored in its journal, with the goals of its last extension. */
import { foldGoals, type Goals, reachedGoal } from "../../experiments/goals.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { UsageError } from "../exit-codes.ts";
import { knownRunFolder } from "./known-run.ts";

export interface StoredRun {
  readonly folder: string;
  readonly config: Config;
  readonly records: Message[];
}

/** The goals in force: those of the last extension, else those of the configuration. */
const withGoals = (stored: Partial<Config>, records: readonly Message[]): Partial<Config> => ({
  ...stored,
  ...records.reduce(foldGoals, {} as Goals),
});

/** @throws UnknownRunError, JournalError, ConfigError */
export const readStoredRun = (run: string, runsFolder: string): StoredRun => {
  const folder = knownRunFolder(run, runsFolder);
  const journal = JournalReader.openReadOnly(folder);
  try {
    const records = Array.from(journal.records(), ({ message }) => message);
    const stored = withGoals(JSON.parse(journal.config), records);
    return { folder, records, config: loadConfig({ overrides: { ...stored, run, runsFolder } }) };
  } finally {
    journal.close();
  }
};

const extensible = ["rounds", "updates", "tokens"];

const keyOf = (flag: string): string => flag.slice(0, Math.max(0, flag.indexOf("="))).trim();

/**
 * The same run with new goals. The other keys cannot change: a journal has one configuration.
 * @throws UsageError if another key is set or a goal has already been reached; ConfigError
 */
export const withNewGoals = ({ config, records }: StoredRun, flags: readonly string[]): Config => {
  const keys = flags.map(keyOf);
  const other = flags.find((flag) => flag.includes("=") && !extensible.includes(keyOf(flag)));
  if (other !== undefined)
    throw new UsageError(`--set ${other}: a run keeps its configuration`, {
      expected: `one of ${extensible.join(", ")}`,
      fix: "start another run for the rest",
    });
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
  const extended = loadConfig({ flags, overrides: kept });
  const reached = reachedGoal(records, extended);
  if (reached === undefined) return extended;
  throw new UsageError(`the run has reached ${reached}`, { fix: "raise that goal too" });
};
