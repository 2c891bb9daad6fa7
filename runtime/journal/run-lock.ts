/**
 * The lock that allows one writer per run, across processes.
 *
 * The lock is an open exclusive transaction on a small SQLite file. The operating system releases it when the process
 * ends, even after kill -9, so no stale lock remains. Network file systems without file locks ignore it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fromSqlite } from "./journal-error.ts";

/** SQLite's code for a file that another connection has locked. */
const busy = 5;
/** How long to wait for the lock [ms]: a check by `isHeld` in another process holds it for an instant. */
const lockTimeout = 250;

export class RunLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws JournalError AGORA_JOURNAL_LOCKED if this or another process holds the lock, or AGORA_JOURNAL_ACCESS. */
  static acquire(folder: string): RunLock {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(join(folder, "run.lock"), { timeout: lockTimeout });
      database.exec("BEGIN EXCLUSIVE");
      return new RunLock(database);
    } catch (cause) {
      database?.close();
      throw fromSqlite(folder, cause);
    }
  }

  /** Whether a process is writing the run. */
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
