/** The errors of a run's journal, each with its fix. */
import { AgoraError } from "../agora-error.ts";
import { packageVersion } from "../package-version.ts";
import { journalFormat } from "./journal-views.ts";

export type JournalErrorCode =
  | "AGORA_JOURNAL_EXISTS"
  | "AGORA_JOURNAL_MISSING"
  | "AGORA_JOURNAL_CORRUPT"
  | "AGORA_JOURNAL_FORMAT"
  | "AGORA_JOURNAL_ACCESS"
  | "AGORA_JOURNAL_LOCKED"
  | "AGORA_JOURNAL_FENCED"
  | "AGORA_JOURNAL_WRITE";

export class JournalError extends AgoraError<JournalErrorCode> {}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

export const corruptError = (file: string, cause: unknown): JournalError =>
  new JournalError("AGORA_JOURNAL_CORRUPT", `${file} is damaged or is not a journal (${reasonOf(cause)})`, {
    fix: "restore it from a copy or start a new run",
    cause,
  });

export const existsError = (folder: string): JournalError =>
  new JournalError("AGORA_JOURNAL_EXISTS", `${folder} already holds a run`, {
    fix: "continue it with `agora resume` or choose another name",
  });

export const missingError = (folder: string, cause?: unknown): JournalError =>
  new JournalError("AGORA_JOURNAL_MISSING", `${folder} holds no run`, {
    expected: "a run.db there",
    fix: "start a run with `agora run`",
    cause,
  });

/** `writer`: the version that created the journal; undefined in journals of format 1, which do not name it. */
export const formatError = (file: string, format: number, writer = "0.1.0"): JournalError =>
  new JournalError("AGORA_JOURNAL_FORMAT", `${file} is a journal of format ${format}`, {
    expected: `format ${journalFormat}, which Agora ${packageVersion()} reads`,
    fix: `open it with the version of Agora that wrote it, ${writer}`,
  });

export const accessError = (path: string, cause: unknown): JournalError =>
  new JournalError("AGORA_JOURNAL_ACCESS", `${path} cannot be opened (${reasonOf(cause)})`, {
    fix: "check the path and its permissions",
    cause,
  });

export const lockedError = (folder: string, cause: unknown): JournalError =>
  new JournalError("AGORA_JOURNAL_LOCKED", `another process is writing ${folder}`, {
    fix: "stop that process, or open the run read-only with `agora watch`",
    cause,
  });

export const fencedError = (file: string): JournalError =>
  new JournalError("AGORA_JOURNAL_FENCED", `another process has taken over ${file}; nothing was written`, {
    fix: "stop this process: the other one goes on with the run",
  });

export const writeError = (file: string, cause: unknown): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_WRITE",
    `${file} cannot be written (${reasonOf(cause)}); this transaction was rolled back`,
    { fix: "free disk space, then run `agora resume`", cause },
  );

const permission = 3;
const busy = 5;
const readOnly = 8;
const inputOutput = 10;
const damaged = 11;
const cannotOpen = 14;
const noDatabase = 26;

/** The `JournalError` for an SQLite error about `path`; any other error is returned as it is. */
export const fromSqlite = (path: string, cause: unknown): unknown => {
  const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) & 0xff : undefined;
  if (code === busy) return lockedError(path, cause);
  if (code === damaged || code === noDatabase) return corruptError(path, cause);
  const access = [permission, readOnly, inputOutput, cannotOpen];
  if (code !== undefined && access.includes(code)) return accessError(path, cause);
  return cause;
};
