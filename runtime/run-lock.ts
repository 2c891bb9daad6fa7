/**
 * One writer per run, across processes.
 *
 * The lock is an open exclusive transaction on a tiny SQLite file: the operating system drops it with the process,
 * even at kill -9, so there is never a stale lock to clean up. Network file systems without locks do not honour it.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { lockedError } from "./journal-error.ts";

const busy = 5;

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "errcode" in cause && cause.errcode === busy;

export class RunLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws JournalError AGORA_JOURNAL_LOCKED where another process, or this one, holds it already. */
  static acquire(folder: string): RunLock {
    const database = new DatabaseSync(join(folder, "run.lock"));
    try {
      database.exec("BEGIN EXCLUSIVE");
      return new RunLock(database);
    } catch (cause) {
      database.close();
      throw isBusy(cause) ? lockedError(folder, cause) : cause;
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
