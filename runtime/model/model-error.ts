/** The errors of model calls, each with its fix. */
import { AgoraError } from "../agora-error.ts";

const FIXES = {
  "model.unreachable": "start the endpoint or correct its URL; `agora doctor` checks it",
  "model.timeout": "raise callTimeoutSeconds, or lower maxTokens or the load",
  "model.busy": "lower the models' maxConcurrency, or wait until the endpoint has room",
  "model.refused": "correct the call; the problem states what the endpoint refuses",
  "model.unauthorised": "put a valid key into the variable that apiKeyEnv names",
  "model.missing": "serve the model or adapter at this endpoint, or correct its id",
  "model.failed": "see the endpoint's own log",
  "model.malformed": "check that the endpoint speaks OpenAI's chat completions",
  "model.sleepless":
    "start vLLM with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1 (`agora up` does), or leave sharesSlots out",
  "model.script": "give the script another reply",
} as const;

export type ModelErrorCode = keyof typeof FIXES;

export interface ModelFailure {
  readonly endpoint: string;
  readonly model: string;
  /** Must not contain a key. */
  readonly problem: string;
  /** HTTP status; undefined if the endpoint did not answer. */
  readonly status?: number | undefined;
  /** Retry-After of the endpoint [s]. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A model call without a usable reply. Carries no key, no headers and no error object of a library. */
export class ModelError extends AgoraError<ModelErrorCode> {
  readonly endpoint: string;
  readonly model: string;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ModelErrorCode, { endpoint, model, problem, status, retryAfterSeconds }: ModelFailure) {
    const place = shownEndpoint(endpoint);
    super(code, `${model} at ${place}: ${problem}`, { fix: FIXES[code] });
    this.endpoint = place;
    this.model = model;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const codeOfStatus = (status: number): ModelErrorCode => {
  if (status === 401 || status === 403) return "model.unauthorised";
  if (status === 404) return "model.missing";
  if (status === 408) return "model.timeout";
  if (status === 429) return "model.busy";
  return status >= 500 ? "model.failed" : "model.refused";
};

/** Failures worth a retry: no connection, a timeout (408 too), 429 and 5xx. */
export const mayPass = ({ code }: ModelError): boolean => {
  return ["model.unreachable", "model.timeout", "model.busy", "model.failed"].includes(code);
};

/** Statuses of a server that is down, overloaded or behind a gateway that cannot reach it. */
const OUTAGES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Whether the endpoint has answered the call, if only with an error: it is there, and does not serve the call. */
export const isAnswered = ({ status }: ModelError): boolean => status !== undefined && !OUTAGES.has(status);

/** A URL without its credentials and query: both may hold a key. */
export const shownEndpoint = (endpoint: string): string => {
  if (!URL.canParse(endpoint)) return endpoint.replace(/^[^@]*@/, "");
  const { protocol, host, pathname } = new URL(endpoint);
  return `${protocol}//${host}${pathname}`.replace(/\/$/, "");
};
