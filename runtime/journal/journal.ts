/**
 * A run's memory: one SQLite file, one append-only table, written by one process.
 *
 * 1. What `append` returned is on the disk (WAL, synchronous=FULL): it outlives kill -9 and a power cut.
 * 2. One `append` is one transaction: all of it is kept or nothing.
 * 3. A durable message is kept once per `durableKey`, whoever repeats it.
 * 4. One writer per run across processes; the lock dies with its process.
 * 5. Records are never changed or removed; all state of a run is a fold over them.
 */
import { existsSync, mkdirSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { durableKey, type Message } from "../messages.ts";
import { accessError, corruptError, existsError, missingError, writeError } from "./journal-error.ts";
import {
  busyTimeout,
  connectTo,
  holdsJournal,
  JournalReader,
  journalFile,
  readGuarded,
} from "./journal-reader.ts";
import { formatVersion, tables, views } from "./journal-views.ts";
import { RunLock } from "./run-lock.ts";

const openForWriting = (file: string): DatabaseSync => {
  const database = connectTo(file, { timeout: busyTimeout });
  try {
    readGuarded(file, () => database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
};

/** Runs `write` as one transaction; on failure nothing of it is kept. */
const transact = (database: DatabaseSync, write: () => void): void => {
  try {
    database.exec("BEGIN IMMEDIATE");
    write();
    database.exec("COMMIT");
  } catch (cause) {
    // SQLite has already rolled back by itself after some errors, a full disk among them.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw cause;
  }
};

const build = (database: DatabaseSync, config: string): void => {
  transact(database, () => {
    database.exec(tables);
    database.exec(views);
    const insert = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
    insert.run("format", String(formatVersion));
    insert.run("created", String(Date.now()));
    insert.run("config", config);
  });
};

const assertSound = (file: string, database: DatabaseSync): void => {
  const row = readGuarded(file, () => database.prepare("PRAGMA quick_check(1)").get());
  if (row?.quick_check !== "ok") throw corruptError(file, row?.quick_check);
};

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw accessError(folder, cause);
  }
};

/** Opens what `prepare` leaves in the file, and gives lock and connection back where that fails. */
const opened = (folder: string, prepare: (database: DatabaseSync) => void): [DatabaseSync, RunLock] => {
  const lock = RunLock.acquire(folder);
  let database: DatabaseSync | undefined;
  try {
    database = openForWriting(journalFile(folder));
    prepare(database);
    return [database, lock];
  } catch (cause) {
    database?.close();
    lock.release();
    throw cause;
  }
};

export class Journal extends JournalReader {
  readonly #lock: RunLock;
  readonly #insert: StatementSync;

  private constructor(folder: string, database: DatabaseSync, lock: RunLock) {
    try {
      super(folder, database);
    } catch (cause) {
      lock.release();
      throw cause;
    }
    this.#lock = lock;
    this.#insert = database.prepare(
      "INSERT INTO records (key, type, at, sender, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    );
  }

  /**
   * Begins a run in `folder`, which is made where it is missing.
   * @throws JournalError AGORA_JOURNAL_EXISTS, _LOCKED or _ACCESS.
   */
  static create(folder: string, config = ""): Journal {
    makeFolder(folder);
    const [database, lock] = opened(folder, (fresh) => {
      if (holdsJournal(fresh)) throw existsError(folder);
      build(fresh, config);
    });
    return new Journal(folder, database, lock);
  }

  /**
   * Continues a run.
   * @throws JournalError AGORA_JOURNAL_MISSING, _CORRUPT, _FORMAT, _LOCKED or _ACCESS.
   */
  static open(folder: string): Journal {
    const file = journalFile(folder);
    if (!existsSync(file)) throw missingError(folder);
    const [database, lock] = opened(folder, (found) => assertSound(file, found));
    return new Journal(folder, database, lock);
  }

  /**
   * Keeps the messages as one transaction, in their order.
   * @returns those that were new: a message whose `durableKey` is already kept is left out.
   * @throws JournalError AGORA_JOURNAL_WRITE; nothing was kept then.
   */
  append(messages: readonly Message[]): Message[] {
    const kept: Message[] = [];
    try {
      transact(this.database, () => {
        for (const message of messages) if (this.#keep(message)) kept.push(message);
      });
    } catch (cause) {
      throw writeError(this.file, cause);
    }
    return kept;
  }

  /** Leaves everything in the one file, also while others read it: copying that file copies the run. */
  override close(): void {
    try {
      if (this.database.isOpen) this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A full or broken disk: everything stays readable in the log beside the file.
    }
    super.close();
    this.#lock.release();
  }

  #keep(message: Message): boolean {
    const key = durableKey(message) ?? null;
    const body = JSON.stringify(message);
    return this.#insert.run(key, message.type, message.at, message.from, body).changes > 0;
  }
}
