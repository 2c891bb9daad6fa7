import { AgoraError } from "../../runtime/agora-error.ts";

const FIXES = {
  "export.exists": "give another folder with --output, or remove this one",
  "export.adapter": "restore the run's folder: the journal says that the adapter was in force",
  "export.merge": "see what the Python trainer said; `agora doctor` checks it",
} as const;

export type ExportErrorCode = keyof typeof FIXES;

/** An export that could not be written; nothing stands under its name. */
export class ExportError extends AgoraError<ExportErrorCode> {
  constructor(code: ExportErrorCode, problem: string, options?: ErrorOptions) {
    super(code, problem, { ...options, fix: FIXES[code] });
  }
}
