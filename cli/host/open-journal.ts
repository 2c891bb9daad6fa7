/**
 * Opens the journal of a run, new or to go on with it.
 *
 * The host that had it before may be stalled in the middle of a transaction. Then nobody can write until that process
 * goes on or ends, and who takes over waits for it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isGoal } from "../../experiments/run-end.ts";
import type { Config } from "../../runtime/config/config.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import { JournalError } from "../../runtime/journal/journal-error.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { runFolder } from "./run-folder.ts";

export interface Opening {
  readonly config: Config;
  /** Continues the journal of the run instead of creating one. */
  readonly resume?: boolean;
  /** With `resume`: the goals of the configuration replace the earlier ones. */
  readonly extend?: boolean;
  /** The process that had the journal before may be stalled: it can write no more. */
  readonly takeOver?: boolean | undefined;
  /** Resolves if another process hosts the run from now on. */
  readonly lost?: Promise<Error> | undefined;
  /** With `takeOver`: called once if that process is stalled in the middle of a transaction, which has to end first. */
  readonly onLocked?: (cause: JournalError) => void;
  /** Ends the wait for that transaction. */
  readonly signal?: AbortSignal;
}

/** Between two tries [ms]. */
const lockedPause = 200;

export const fromHost = <Type extends Draft["type"]>(draft: Draft<Type>): Message =>
  ({ ...draft, from: "host", at: Date.now() }) as Message;

/** Whether the records say that the run has finished, although it has reached no goal. */
const isUnfinished = (journal: Journal): boolean => {
  const [last] = journal.rows(`SELECT type, body ->> 'reason' AS reason FROM records
    WHERE type IN ('run.finished', 'run.extended') ORDER BY seq DESC LIMIT 1`);
  return last?.type === "run.finished" && !isGoal(String(last.reason));
};

const openNow = ({ config, resume, extend, takeOver }: Opening): Journal => {
  if (!resume) return Journal.create(runFolder(config), JSON.stringify(config));
  const journal = Journal.open(runFolder(config), { takeOver });
  const { rounds, updates, tokens } = config;
  if (extend || isUnfinished(journal))
    journal.append([fromHost({ type: "run.extended", rounds, updates, tokens })]);
  return journal;
};

/** @throws JournalError; Error if another process has got the lease meanwhile */
export const openJournal = async (options: Opening): Promise<Journal> => {
  const { takeOver, lost, signal, onLocked } = options;
  for (let told = false; ; told = true) {
    try {
      return openNow(options);
    } catch (cause) {
      const isLocked = cause instanceof JournalError && cause.code === "AGORA_JOURNAL_LOCKED";
      if (!takeOver || !isLocked || signal?.aborted) throw cause;
      if (!told) onLocked?.(cause);
      const end = await Promise.race([sleep(lockedPause, undefined), ...(lost ? [lost] : [])]);
      if (end !== undefined) throw end;
    }
  }
};
