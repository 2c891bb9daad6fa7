/** Errors of the pocket server, in OpenAI's format: `{ error: { message, type, param, code } }`. */
import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";

export type ErrorStatus = 400 | 401 | 403 | 404 | 413 | 429 | 499 | 500;

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

const TYPES: Record<ErrorStatus, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "invalid_request_error",
  413: "invalid_request_error",
  429: "rate_limit_error",
  499: "client_closed_request",
  500: "server_error",
};

/** A request the server does not serve, with the status, the stable `code` and the field at fault. */
export class RequestError extends AgoraError {
  readonly status: ErrorStatus;
  /** Path of the offending field, such as `messages[0].content`; null when no single field is at fault. */
  readonly param: string | null;

  constructor(
    status: ErrorStatus,
    code: string,
    problem: string,
    param: string | null = null,
    options?: AgoraErrorOptions,
  ) {
    super(code, problem, options);
    this.status = status;
    this.param = param;
  }

  body(): ErrorBody {
    return {
      error: { message: this.message, type: TYPES[this.status], param: this.param, code: this.code },
    };
  }
}

export const invalidValue = (param: string, problem: string, options?: AgoraErrorOptions): RequestError =>
  new RequestError(400, "invalid_value", problem, param, options);

export const modelNotFound = (model: string, served: readonly string[]): RequestError => {
  const names = served.map((name) => `'${name}'`).join(", ");
  const problem = `The model '${model}' is not served here`;
  return new RequestError(404, "model_not_found", problem, "model", { expected: `one of ${names}` });
};

export const overCapacity = (asked: number, underWay: number, capacity: number): RequestError => {
  const problem = `${underWay} of ${capacity} sequences are running and the request needs ${asked} more`;
  return new RequestError(429, "rate_limit_exceeded", problem, null, { fix: "retry later" });
};

export const engineFailed = (model: string, cause: unknown): RequestError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RequestError(500, "engine_failed", `The engine of '${model}' failed: ${reason}`, null, {
    cause,
  });
};

/** Abort reason of sequences whose client has disconnected. */
export const clientGone = (): RequestError =>
  new RequestError(499, "client_closed_request", "The client closed the request.");

/** Converts anything thrown while serving into the error for the response. */
export const toRequestError = (thrown: unknown): RequestError => {
  if (thrown instanceof RequestError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new RequestError(500, "internal_error", `The server failed: ${reason}`, null, { cause: thrown });
};
