import { AgoraError } from "../../runtime/agora-error.ts";

const FIXES = {
  "export.exists": "give another folder with --output, or remove this one",
  "export.adapter": "restore the run's folder: the journal says that the adapter was in force",
  "export.merge": "see the message of the Python trainer; `agora doctor` checks it",
} as const;

export type ExportErrorCode = keyof typeof FIXES;

/** An export that failed; its folder does not exist. */
export class ExportError extends AgoraError<ExportErrorCode> {
  constructor(code: ExportErrorCode, problem: string, options?: ErrorOptions) {
    super(code, problem, { ...options, fix: FIXES[code] });
  }
}
