const FIXES = {
  "export.exists": "give another folder with --output, or remove this one",
  "export.adapter": "restore the run's folder: the journal says that the adapter was in force",
  "export.merge": "see what the Python trainer said; `agora doctor` checks it",
} as const;

export type ExportErrorCode = keyof typeof FIXES;

/** An export that could not be written; nothing stands under its name. */
export class ExportError extends Error {
  override readonly name = "ExportError";
  readonly code: ExportErrorCode;

  constructor(code: ExportErrorCode, problem: string, options?: ErrorOptions) {
    super(`${problem}. Fix: ${FIXES[code]}.`, options);
    this.code = code;
  }
}
