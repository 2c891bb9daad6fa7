/** What can be wrong with a run's journal, each with its fix. */
export type JournalErrorCode =
  | "AGORA_JOURNAL_EXISTS"
  | "AGORA_JOURNAL_MISSING"
  | "AGORA_JOURNAL_CORRUPT"
  | "AGORA_JOURNAL_FORMAT"
  | "AGORA_JOURNAL_LOCKED"
  | "AGORA_JOURNAL_WRITE";

export class JournalError extends Error {
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "JournalError";
    this.code = code;
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

export const corruptError = (file: string, cause: unknown): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_CORRUPT",
    `${file} is damaged or no journal (${reasonOf(cause)}); restore it from a copy or start a new run`,
    { cause },
  );

export const existsError = (folder: string): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_EXISTS",
    `${folder} already holds a run; continue it with \`agora resume\` or choose another name`,
  );

export const missingError = (folder: string, cause?: unknown): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_MISSING",
    `${folder} holds no run; expected a run.db there: start one with \`agora run\``,
    { cause },
  );

export const formatError = (file: string, found: number, known: number): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_FORMAT",
    `${file} has format ${found}; expected ${known}: open it with the version of agora that wrote it`,
  );

export const lockedError = (folder: string, cause: unknown): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_LOCKED",
    `another process is writing ${folder}; stop it first, or only look on with a viewer`,
    { cause },
  );

export const writeError = (file: string, cause: unknown): JournalError =>
  new JournalError(
    "AGORA_JOURNAL_WRITE",
    `${file} cannot be written (${reasonOf(cause)}); nothing of this transaction was kept: free the disk, then \`agora resume\``,
    { cause },
  );
