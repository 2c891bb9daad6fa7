/**
 * Follows the journal of a run: past records first, then new ones.
 *
 * 1. It only reads: the run may run in another process, have ended or have been interrupted.
 * 2. It ends when the run has finished, or when no process writes the journal any more.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import type { Message } from "../../runtime/messages.ts";

/** Time between two reads [ms]. */
const pause = 500;

export type Following = "finished" | "abandoned" | "stopped";

export interface FollowOptions {
  readonly folder: string;
  /** Called once, with the existing records. */
  readonly onPast: (records: readonly Message[]) => void;
  readonly onRecord: (record: Message) => void;
  /** Called after each read, for other sources. */
  readonly onLook?: () => void;
  readonly signal: AbortSignal;
}

const recordsOf = (journal: JournalReader, after: number): { records: Message[]; seq: number } => {
  const found = [...journal.records(after)];
  return { records: found.map(({ message }) => message), seq: found.at(-1)?.seq ?? after };
};

/** Whether the run has finished after these records; an extension reopens it. */
const isFinished = (records: readonly Message[], before = false): boolean =>
  records.reduce(
    (finished, { type }) => type === "run.finished" || (finished && type !== "run.extended"),
    before,
  );

/** @throws JournalError if the folder holds no readable run. */
export const followRun = async (options: FollowOptions): Promise<Following> => {
  const { folder, onPast, onRecord, onLook, signal } = options;
  const journal = JournalReader.openReadOnly(folder);
  try {
    const past = recordsOf(journal, 0);
    onPast(past.records);
    let { seq } = past;
    let finished = isFinished(past.records);
    while (!signal.aborted) {
      // Checked before the read: everything written until then is read.
      const isWritten = RunLock.isHeld(folder);
      const fresh = recordsOf(journal, seq);
      seq = fresh.seq;
      for (const record of fresh.records) onRecord(record);
      onLook?.();
      finished = isFinished(fresh.records, finished);
      if (!isWritten) return finished ? "finished" : "abandoned";
      if (finished) return "finished";
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
    return "stopped";
  } finally {
    journal.close();
  }
};
