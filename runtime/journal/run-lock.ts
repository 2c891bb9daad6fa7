/**
 * One writer per run, across processes.
 *
 * The lock is an open exclusive transaction on a tiny SQLite file: the operating system drops it with the process,
 * even at kill -9, so there is never a stale lock to clean up. Network file systems without locks do not honour it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fromSqlite } from "./journal-error.ts";

/** SQLite's code for a file that another connection has locked. */
const busy = 5;
/** Who asks whether a lock is held holds it up for a moment [ms]. */
const moment = 250;

export class RunLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws JournalError AGORA_JOURNAL_LOCKED where another process, or this one, holds it already; AGORA_JOURNAL_ACCESS. */
  static acquire(folder: string): RunLock {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(join(folder, "run.lock"), { timeout: moment });
      database.exec("BEGIN EXCLUSIVE");
      return new RunLock(database);
    } catch (cause) {
      database?.close();
      throw fromSqlite(folder, cause);
    }
  }

  /** Whether somebody writes the run now. */
  static isHeld(folder: string): boolean {
    const file = join(folder, "run.lock");
    if (!existsSync(file)) return false;
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      database.prepare("SELECT 1 FROM sqlite_schema").get();
      return false;
    } catch (cause) {
      if (cause instanceof Error && "errcode" in cause && cause.errcode === busy) return true;
      throw fromSqlite(folder, cause);
    } finally {
      database.close();
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
