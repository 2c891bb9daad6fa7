/** Turns the errors of the `openai` package into `ModelError`s. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
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
    const cause = rootCause(error);
    const problem = `no connection: ${withoutKey(textOf(cause))}`;
    const wasSent = !isUnconnected(cause);
    return new ModelError("model.unreachable", { endpoint, model, problem, wasSent });
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

const rootCause = (error: Error): Error => (error.cause instanceof Error ? rootCause(error.cause) : error);

const codeOf = (error: Error): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
};

/** Such as `connect ECONNREFUSED 127.0.0.1:8000`; of some errors only `code` is set. */
const textOf = (error: Error): string => error.message || (codeOf(error) ?? error.name);

/** Without a connection nothing was sent; other errors mean that one was lost. */
const isUnconnected = (error: Error): boolean =>
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(codeOf(error) ?? "");

const retryAfterOf = (headers: Headers | undefined): number | undefined => {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : parseRetryAfter(headers?.get("retry-after"));
};
