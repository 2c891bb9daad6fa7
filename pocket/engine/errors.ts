import { AgoraError } from "../../runtime/agora-error.ts";

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

/** The message names the problem, what was expected and the fix. */
export class EngineError extends AgoraError<EngineErrorCode> {}

/** The text of any thrown value. */
export const causeText = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
export const nameTaken = (name: string, model: string): EngineError => {
  const problem = `Model ${model} already has an adapter named ${name}`;
  return new EngineError("adapter-name-taken", problem, { fix: "load it under a new, versioned name" });
};

export const adapterUnknown = (name: string, model: string): EngineError =>
  new EngineError("adapter-unknown", `Model ${model} has no adapter named ${name}`, { fix: "load it first" });

export const engineClosed = (model: string): EngineError =>
  new EngineError("engine-closed", `The engine of ${model} is closed`, { fix: "open it again" });
