/** Stable codes of the pocket engine's errors. */
export type EngineErrorCode =
  | "checkpoint-unreadable"
  | "checkpoint-unsupported"
  | "tokenizer-unreadable"
  | "text-not-encodable"
  | "adapter-unreadable"
  | "adapter-mismatch"
  | "adapter-name-taken"
  | "adapter-unknown"
  | "request-invalid"
  | "prompt-too-long"
  | "samples-empty"
  | "sample-too-long"
  | "job-invalid"
  | "loss-not-finite"
  | "engine-closed"
  | "worker-crashed";

/** The message states the problem, the expected value and the fix. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}

/** The text of any thrown value. */
export const causeText = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
