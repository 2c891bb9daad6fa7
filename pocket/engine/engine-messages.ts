/** The messages between `worker-engine.ts` and its worker thread. */
import { causeText, EngineError, type EngineErrorCode } from "./errors.ts";
import type { EngineSettings } from "./local-engine.ts";
import type { Generation, GenerationRequest } from "./port.ts";

export interface EngineWorkerData {
  readonly folder: string;
  readonly settings: EngineSettings;
}

/** Each call has its own id; its answers repeat the id. */
export type EngineCall =
  | {
      readonly kind: "generate";
      readonly id: number;
      readonly request: GenerationRequest;
      readonly streams: boolean;
    }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "load"; readonly id: number; readonly name: string; readonly folder: string }
  | { readonly kind: "unload"; readonly id: number; readonly name: string };

export type EngineAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "text"; readonly id: number; readonly piece: string }
  | { readonly kind: "done"; readonly id: number; readonly generation?: Generation | undefined }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure };

/** An error as plain data, because the structured clone of an Error loses its code. */
export interface Failure {
  readonly code: EngineErrorCode | undefined;
  readonly problem: string;
  readonly expected?: string | undefined;
  readonly fix?: string | undefined;
}

export const toFailure = (cause: unknown): Failure => {
  if (!(cause instanceof EngineError)) return { code: undefined, problem: causeText(cause) };
  const { code, problem, expected, fix } = cause;
  return { code, problem, expected, fix };
};

export const fromFailure = ({ code, problem, ...rest }: Failure): Error =>
  code === undefined ? new Error(problem) : new EngineError(code, problem, rest);
