/**
 * One writer per run, across processes.
 *
 * The lock is an open exclusive transaction on a tiny SQLite file: the operating system drops it with the process,
 * even at kill -9, so there is never a stale lock to clean up. Network file systems without locks do not honour it.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fromSqlite } from "./journal-error.ts";

export class RunLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws JournalError AGORA_JOURNAL_LOCKED where another process, or this one, holds it already; AGORA_JOURNAL_ACCESS. */
  static acquire(folder: string): RunLock {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(join(folder, "run.lock"));
      database.exec("BEGIN EXCLUSIVE");
      return new RunLock(database);
    } catch (cause) {
      database?.close();
      throw fromSqlite(folder, cause);
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
