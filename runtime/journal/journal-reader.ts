/** Reads a run's journal, even while another process writes it. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncOptions, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { type Message, parseMessage } from "../messages.ts";
import { corruptError, formatError, fromSqlite, JournalError, missingError } from "./journal-error.ts";
import { journalFormat } from "./journal-views.ts";

/** A record by its durable key if the caller has it in memory; undefined: it is read from the file. */
export type TakeRecent<T> = (key: string) => T | undefined;

export type JournalRecord = { readonly seq: number; readonly message: Message };

/** Records that are read at a time. */
const rowsAtOnce = 500;
/** How long a statement waits for a lock of another connection [ms]. */
export const busyTimeout = 5_000;

export const journalFile = (folder: string): string => join(folder, "run.db");

/** Runs `read` and turns errors of SQLite into `JournalError`s. */
export const readGuarded = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw fromSqlite(file, cause);
  }
};

/** @throws JournalError AGORA_JOURNAL_ACCESS if the file cannot be opened. */
export const connectTo = (file: string | URL, options: DatabaseSyncOptions): DatabaseSync =>
  readGuarded(String(file), () => new DatabaseSync(file, options));

/** Whether the file has the journal's tables: a process killed during creation leaves a file without them. */
export const holdsJournal = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;

type Meta = { readonly created: number; readonly config: string };

const readMeta = (folder: string, database: DatabaseSync): Meta => {
  if (!holdsJournal(database)) throw missingError(folder);
  const rows = database.prepare("SELECT key, value FROM meta").all();
  const values = new Map(rows.map((row) => [String(row.key), String(row.value)]));
  const format = Number(values.get("format"));
  if (format !== journalFormat) throw formatError(journalFile(folder), format, values.get("agora"));
  return { created: Number(values.get("created")), config: values.get("config") ?? "" };
};

export class JournalReader {
  readonly folder: string;
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The text of the run's configuration, as given on creation. */
  readonly config: string;
  protected readonly database: DatabaseSync;

  /** Owns the connection and closes it if the journal is unusable. */
  protected constructor(folder: string, database: DatabaseSync) {
    this.folder = folder;
    this.file = journalFile(folder);
    this.database = database;
    try {
      const { created, config } = readGuarded(this.file, () => readMeta(folder, database));
      this.created = created;
      this.config = config;
    } catch (cause) {
      database.close();
      throw cause;
    }
  }

  /** @throws JournalError AGORA_JOURNAL_MISSING, _ACCESS, _CORRUPT or _FORMAT. */
  static openReadOnly(folder: string): JournalReader {
    const file = journalFile(folder);
    if (!existsSync(file)) throw missingError(folder);
    try {
      return new JournalReader(folder, connectTo(file, { readOnly: true, timeout: busyTimeout }));
    } catch (cause) {
      if (!(cause instanceof JournalError) || cause.code !== "AGORA_JOURNAL_ACCESS") throw cause;
      return JournalReader.#openFrozen(folder, cause);
    }
  }

  /** Opens a finished run in a read-only folder, where SQLite cannot create its side files. */
  static #openFrozen(folder: string, first: JournalError): JournalReader {
    const url = pathToFileURL(journalFile(folder));
    const log = statSync(`${journalFile(folder)}-wal`, { throwIfNoEntry: false });
    if (log !== undefined && log.size > 0) throw first;
    url.searchParams.set("immutable", "1");
    return new JournalReader(folder, connectTo(url, { readOnly: true }));
  }

  /**
   * The records after `afterSeq`, in commit order, including those committed while reading.
   * @throws JournalError AGORA_JOURNAL_CORRUPT if a body is not a known message.
   */
  *records(afterSeq = 0): Generator<JournalRecord> {
    for (const { seq, body } of this.#rows("body", afterSeq)) {
      yield { seq: Number(seq), message: this.#messageOf(Number(seq), String(body)) };
    }
  }

  /**
   * Like `records`, for the process that plays the run. A record that `takeRecent` returns is not read from the file;
   * the others are read without validation and converted with `make`.
   */
  *ownRecords<T>(
    afterSeq: number,
    takeRecent: TakeRecent<T>,
    make: (message: Message) => T,
  ): Generator<{ readonly seq: number; readonly record: T }> {
    const bodyOf = this.database.prepare("SELECT body FROM records WHERE seq = ?");
    for (const row of this.#rows("key", afterSeq)) {
      const seq = Number(row.seq);
      const read = (): T => {
        const body = String(readGuarded(this.file, () => bodyOf.get(seq))?.body);
        return make(this.#messageOf(seq, body, (message) => message as Message));
      };
      yield { seq, record: (row.key === null ? undefined : takeRecent(String(row.key))) ?? read() };
    }
  }

  *#rows(column: "body" | "key", afterSeq: number): Generator<Readonly<Record<string, SQLOutputValue>>> {
    const sql = `SELECT seq, ${column} FROM records WHERE seq > ? ORDER BY seq LIMIT ?`;
    const page = this.database.prepare(sql);
    for (let last = afterSeq; ; ) {
      const rows = readGuarded(this.file, () => page.all(last, rowsAtOnce));
      yield* rows;
      last = Number(rows.at(-1)?.seq ?? last);
      if (rows.length < rowsAtOnce) return;
    }
  }

  /** The message recorded under a durable key. */
  find(key: string): Message | undefined {
    const row = this.database.prepare("SELECT seq, body FROM records WHERE key = ?").get(key);
    return row && this.#messageOf(Number(row.seq), String(row.body));
  }

  /** Rows of a query over the journal's tables and views, for sums that need no message. */
  rows(
    sql: string,
    ...values: readonly SQLInputValue[]
  ): readonly Readonly<Record<string, SQLOutputValue>>[] {
    return readGuarded(this.file, () => this.database.prepare(sql).all(...values));
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  #messageOf(seq: number, body: string, read: (candidate: unknown) => Message = parseMessage): Message {
    try {
      return read(JSON.parse(body));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw corruptError(this.file, `record ${seq}: ${reason}`);
    }
  }
}
