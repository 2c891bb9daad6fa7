/** Turns the errors of the `openai` package into `ModelError`s. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai/core/error";
import { z } from "zod";
import { codeOfStatus, ModelError } from "./model-error.ts";
import { parseRetryAfter } from "./retry.ts";

export interface ErrorPlace {
  readonly endpoint: string;
  /** Requested model id or adapter name. */
  readonly model: string;
  readonly apiKey: string | undefined;
  readonly timeoutSeconds: number;
}

export const modelErrorOf = (error: unknown, place: ErrorPlace): ModelError => {
  if (error instanceof ModelError) return error;
  const { endpoint, model } = place;
  const withoutKey = (text: string) => (place.apiKey ? text.replaceAll(place.apiKey, "[key]") : text);
  if (error instanceof APIConnectionTimeoutError) {
    const problem = `no answer within ${place.timeoutSeconds} s`;
    return new ModelError("model.timeout", { endpoint, model, problem });
  }
  if (error instanceof APIConnectionError) {
    const problem = `no connection: ${withoutKey(rootCause(error))}`;
    return new ModelError("model.unreachable", { endpoint, model, problem });
  }
  if (error instanceof APIError && typeof error.status === "number") {
    const { status } = error;
    const retryAfterSeconds = retryAfterOf(error.headers);
    const problem = `HTTP ${withoutKey(error.message).slice(0, 500)}`;
    return new ModelError(codeOfStatus(status), { endpoint, model, problem, status, retryAfterSeconds });
  }
  const reason = error instanceof z.ZodError ? firstIssue(error) : String(error);
  const problem = `malformed answer: ${withoutKey(reason).slice(0, 300)}`;
  return new ModelError("model.malformed", { endpoint, model, problem });
};

const firstIssue = ({ issues: [issue] }: z.ZodError): string => {
  return `${issue?.path.join(".") || "body"}: ${issue?.message}`;
};

/** Text of the innermost cause, such as `connect ECONNREFUSED 127.0.0.1:8000`; of some causes only `code` is set. */
const rootCause = (error: Error): string => {
  const { cause } = error;
  if (cause instanceof Error) return rootCause(cause);
  const code = (error as { code?: unknown }).code;
  return error.message || (typeof code === "string" ? code : error.name);
};

const retryAfterOf = (headers: Headers | undefined): number | undefined => {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : parseRetryAfter(headers?.get("retry-after"));
};
