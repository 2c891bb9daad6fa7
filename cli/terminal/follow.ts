/**
 * Follows a run's journal from outside: what is there first, then what is written.
 *
 * 1. Only reads: the run may be played by another process, be over, or have been cut off.
 * 2. Ends with the run: once it has finished, or once nobody writes it any more.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import type { Message } from "../../runtime/messages.ts";

/** Between two looks [ms]. */
const pause = 500;

export type Following = "finished" | "abandoned" | "stopped";

export interface FollowOptions {
  readonly folder: string;
  /** The records that were there at the beginning. */
  readonly onPast: (records: readonly Message[]) => void;
  readonly onRecord: (record: Message) => void;
  /** After each look, for whatever else there is to read. */
  readonly onLook?: () => void;
  readonly signal: AbortSignal;
}

const recordsOf = (journal: JournalReader, after: number): { records: Message[]; seq: number } => {
  const found = [...journal.records(after)];
  return { records: found.map(({ message }) => message), seq: found.at(-1)?.seq ?? after };
};

/** Whether the records end a run; those that extend it begin it again. */
const isFinished = (records: readonly Message[], before = false): boolean =>
  records.reduce(
    (finished, { type }) => type === "run.finished" || (finished && type !== "run.extended"),
    before,
  );

/** @throws JournalError where the folder holds no run that can be read. */
export const followRun = async (options: FollowOptions): Promise<Following> => {
  const { folder, onPast, onRecord, onLook, signal } = options;
  const journal = JournalReader.openReadOnly(folder);
  try {
    const past = recordsOf(journal, 0);
    onPast(past.records);
    let { seq } = past;
    let finished = isFinished(past.records);
    while (!signal.aborted) {
      // Asked before the last reading: what was written until then is read.
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
