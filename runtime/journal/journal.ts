/**
 * The journal of a run: one SQLite file with one append-only table, written by one process.
 *
 * 1. When `append` returns, its messages are on disk (WAL, synchronous=FULL) and survive kill -9 and a power cut.
 * 2. One `append` is one transaction: it records all its messages or none.
 * 3. A message is recorded once per `durableKey`; repetitions are ignored.
 * 4. A run has one writer across processes; the operating system releases the lock when the writer's process ends.
 * 5. Records are never changed or removed; the state of a run is a fold over them.
 * 6. A writer that another has taken over from, without waiting for its lock, writes nothing more: every transaction
 *    checks that the journal is still its own.
 */
import { existsSync, mkdirSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { durableKey, type Message } from "../messages.ts";
import { packageVersion } from "../package-version.ts";
import {
  accessError,
  corruptError,
  existsError,
  fencedError,
  JournalError,
  missingError,
  writeError,
} from "./journal-error.ts";
import {
  busyTimeout,
  connectTo,
  holdsJournal,
  JournalReader,
  journalFile,
  readGuarded,
} from "./journal-reader.ts";
import { journalFormat, tables, views } from "./journal-views.ts";
import { RunLock } from "./run-lock.ts";

/** How long opening waits for the transaction of the process before [ms]: it may be stalled, and this wait is not. */
const takeOverTimeout = 100;

/** Of a new journal [bytes]: dossiers are large, and take half as long on pages of this size as on those of 4 KiB. */
const filePageSize = 16_384;

const openForWriting = (file: string, { takeOver = false }: OpenOptions): DatabaseSync => {
  const database = connectTo(file, { timeout: takeOver ? takeOverTimeout : busyTimeout });
  try {
    const settings = `PRAGMA page_size = ${filePageSize}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`;
    readGuarded(file, () => database.exec(settings));
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
};

/** Runs `write` as one transaction and rolls it back on failure. */
const transact = (database: DatabaseSync, write: () => void): void => {
  try {
    database.exec("BEGIN IMMEDIATE");
    write();
    database.exec("COMMIT");
  } catch (cause) {
    // After some errors, such as a full disk, SQLite has already rolled back.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw cause;
  }
};

/** One transaction: a journal has its tables and its format, or it is no journal yet. */
const build = (database: DatabaseSync, config: string): void => {
  transact(database, () => {
    database.exec(tables);
    database.exec(views);
    const insert = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
    insert.run("format", String(journalFormat));
    insert.run("agora", packageVersion());
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

export interface OpenOptions {
  /**
   * Opens it although another process, which is stalled or on another machine, may hold its lock. In the middle of a
   * transaction of that process it is an error (AGORA_JOURNAL_LOCKED): it can be tried again.
   */
  readonly takeOver?: boolean | undefined;
}

const lockOf = (folder: string, { takeOver = false }: OpenOptions): RunLock | undefined => {
  try {
    return RunLock.acquire(folder);
  } catch (cause) {
    const isLocked = cause instanceof JournalError && cause.code === "AGORA_JOURNAL_LOCKED";
    if (takeOver && isLocked) return undefined;
    throw cause;
  }
};

/** Opens the journal after `prepare`; on failure it releases the lock and closes the connection. */
const opened = (
  folder: string,
  prepare: (database: DatabaseSync) => void,
  options: OpenOptions = {},
): [DatabaseSync, RunLock | undefined] => {
  const lock = lockOf(folder, options);
  let database: DatabaseSync | undefined;
  try {
    database = openForWriting(journalFile(folder), options);
    prepare(database);
    return [database, lock];
  } catch (cause) {
    database?.close();
    lock?.release();
    throw cause;
  }
};

/**
 * From now on the writer with this term is the only one. A term is the time of its claim [ms since 1970], so that those of
 * a run that is made again are higher too, but in any case higher than the one before.
 */
const claim = (file: string, database: DatabaseSync): number => {
  const sql = `INSERT INTO meta (key, value) VALUES ('writer', ?) ON CONFLICT (key)
    DO UPDATE SET value = MAX(CAST(value AS INTEGER) + 1, CAST(excluded.value AS INTEGER)) RETURNING value`;
  return readGuarded(file, () => Number(database.prepare(sql).get(String(Date.now()))?.value));
};

export class Journal extends JournalReader {
  readonly #lock: RunLock | undefined;
  readonly #insert: StatementSync;
  /** Whoever opens the journal for writing later has a higher one, and is then its only writer. */
  readonly term: number;
  readonly #currentWriter: StatementSync;

  private constructor(folder: string, database: DatabaseSync, lock: RunLock | undefined) {
    try {
      super(folder, database);
      this.term = claim(this.file, database);
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    } catch (cause) {
      if (database.isOpen) database.close();
      lock?.release();
      throw cause;
    }
    this.#lock = lock;
    this.#currentWriter = database.prepare("SELECT value FROM meta WHERE key = 'writer'");
    this.#insert = database.prepare(
      "INSERT INTO records (key, type, at, sender, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    );
  }

  /**
   * Creates a run in `folder`, and the folder if it does not exist.
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
   * Opens a run to continue it.
   * @throws JournalError AGORA_JOURNAL_MISSING, _CORRUPT, _FORMAT, _LOCKED or _ACCESS.
   */
  static open(folder: string, options: OpenOptions = {}): Journal {
    const file = journalFile(folder);
    if (!existsSync(file)) throw missingError(folder);
    const [database, lock] = opened(folder, (found) => assertSound(file, found), options);
    return new Journal(folder, database, lock);
  }

  /**
   * Records the messages in order, as one transaction.
   * @returns the messages that were new: those whose `durableKey` is already recorded are skipped.
   * @throws JournalError AGORA_JOURNAL_WRITE or _FENCED; then none of them is recorded.
   */
  append(messages: readonly Message[]): Message[] {
    const kept: Message[] = [];
    try {
      transact(this.database, () => {
        if (Number(this.#currentWriter.get()?.value) !== this.term) throw fencedError(this.file);
        for (const message of messages) if (this.#keep(message)) kept.push(message);
      });
    } catch (cause) {
      throw cause instanceof JournalError ? cause : writeError(this.file, cause);
    }
    return kept;
  }

  /** Moves all records into the one file, even while others read it: copying this file copies the run. */
  override close(): void {
    try {
      if (this.database.isOpen) this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The disk is full or broken: the records stay readable in the write-ahead log beside the file.
    }
    super.close();
    this.#lock?.release();
  }

  #keep(message: Message): boolean {
    const key = durableKey(message) ?? null;
    const body = JSON.stringify(message);
    return this.#insert.run(key, message.type, message.at, message.from, body).changes > 0;
  }
}
