import { AgoraError } from "../runtime/agora-error.ts";

export type PackErrorCode = "pack.file" | "pack.definition" | "pack.variables" | "pack.pattern";

/** A prompt pack that cannot be used: the message names the file, the problem and the fix. */
export class PackError extends AgoraError<PackErrorCode> {
  readonly file: string;

  constructor(code: PackErrorCode, file: string, problem: string, fix: string, options?: ErrorOptions) {
    super(code, `${file}: ${problem}`, { ...options, fix });
    this.file = file;
  }
}
