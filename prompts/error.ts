export type PackErrorCode = "pack.file" | "pack.definition" | "pack.slots" | "pack.pattern";

/** A prompt pack that cannot be used: the message names the file, the problem and the fix. */
export class PackError extends Error {
  override readonly name = "PackError";
  readonly code: PackErrorCode;
  readonly file: string;

  constructor(code: PackErrorCode, file: string, problem: string, fix: string, options?: ErrorOptions) {
    super(`${file}: ${problem}. Fix: ${fix}.`, options);
    this.code = code;
    this.file = file;
  }
}
