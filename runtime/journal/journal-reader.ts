/** Reading a run's journal, also while another process writes it. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncOptions, type SQLOutputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { type Message, parseMessage } from "../messages.ts";
import { corruptError, formatError, fromSqlite, JournalError, missingError } from "./journal-error.ts";
import { formatVersion } from "./journal-views.ts";

/** What is kept under a durable key, in the form that its reader wants, where it need not be read. */
export type TakeRecent<T> = (key: string) => T | undefined;

export type JournalRecord = { readonly seq: number; readonly message: Message };

const pageSize = 500;
/** How long one of our statements waits for another connection, in milliseconds. */
export const busyTimeout = 5_000;

export const journalFile = (folder: string): string => join(folder, "run.db");

/** Runs `read` and says in the journal's words what SQLite complains about. */
export const readGuarded = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw fromSqlite(file, cause);
  }
};

/** @throws JournalError AGORA_JOURNAL_ACCESS where the file cannot be opened. */
export const connectTo = (file: string | URL, options: DatabaseSyncOptions): DatabaseSync =>
  readGuarded(String(file), () => new DatabaseSync(file, options));

/** Whether the file carries a journal: a process killed while creating one leaves a file without tables. */
export const holdsJournal = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;

type Meta = { readonly created: number; readonly config: string };

const readMeta = (folder: string, database: DatabaseSync): Meta => {
  if (!holdsJournal(database)) throw missingError(folder);
  const rows = database.prepare("SELECT key, value FROM meta").all();
  const values = new Map(rows.map((row) => [String(row.key), String(row.value)]));
  const format = Number(values.get("format"));
  if (format !== formatVersion) throw formatError(journalFile(folder), format, formatVersion);
  return { created: Number(values.get("created")), config: values.get("config") ?? "" };
};

export class JournalReader {
  readonly folder: string;
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The text of the run's configuration, as it was given on creation. */
  readonly config: string;
  protected readonly database: DatabaseSync;

  /** Takes the connection over: it is closed where the journal turns out to be unusable. */
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

  /** A finished run in a folder that we may not write to: SQLite cannot make its side files there. */
  static #openFrozen(folder: string, first: JournalError): JournalReader {
    const url = pathToFileURL(journalFile(folder));
    const log = statSync(`${journalFile(folder)}-wal`, { throwIfNoEntry: false });
    if (log !== undefined && log.size > 0) throw first;
    url.searchParams.set("immutable", "1");
    return new JournalReader(folder, connectTo(url, { readOnly: true }));
  }

  /**
   * The records after `afterSeq`, in commit order, up to what is committed when the reading reaches the end.
   * @throws JournalError AGORA_JOURNAL_CORRUPT where a body is no known message.
   */
  *records(afterSeq = 0): Generator<JournalRecord> {
    for (const { seq, body } of this.#rows("body", afterSeq)) {
      yield { seq: Number(seq), message: this.#messageOf(Number(seq), String(body)) };
    }
  }

  /**
   * As `records`, for whoever plays the run: what is at hand is not read, and what is read is not validated again.
   * `make` turns what was read into what would have been at hand.
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
      const rows = readGuarded(this.file, () => page.all(last, pageSize));
      yield* rows;
      last = Number(rows.at(-1)?.seq ?? last);
      if (rows.length < pageSize) return;
    }
  }

  /** What is kept under a durable key. */
  find(key: string): Message | undefined {
    const row = this.database.prepare("SELECT seq, body FROM records WHERE key = ?").get(key);
    return row && this.#messageOf(Number(row.seq), String(row.body));
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
