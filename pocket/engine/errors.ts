/** Everything the pocket engine refuses or fails at, by stable code. */
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

/** The message names the problem, what was expected and the fix. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function causeText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function nameTaken(name: string, model: string): EngineError {
  const problem = `Model ${model} already has an adapter named ${name}; load it under a new, versioned name.`;
  return new EngineError("adapter-name-taken", problem);
}

export function adapterUnknown(name: string, model: string): EngineError {
  return new EngineError("adapter-unknown", `Model ${model} has no adapter named ${name}; load it first.`);
}

export function engineClosed(model: string): EngineError {
  return new EngineError("engine-closed", `The engine of ${model} is closed; open it again.`);
}
