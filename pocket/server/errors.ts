/** Errors of the pocket server, in OpenAI's format: `{ error: { message, type, param, code } }`. */

export type ErrorStatus = 400 | 404 | 413 | 429 | 499 | 500;

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
  404: "invalid_request_error",
  413: "invalid_request_error",
  429: "rate_limit_error",
  499: "client_closed_request",
  500: "server_error",
};

/** A rejected request with its status, stable `code` and, if any, the invalid field. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: ErrorStatus;
  readonly code: string;
  /** Path of the invalid field, such as `messages[0].content`; null if no single field is invalid. */
  readonly param: string | null;

  constructor(
    status: ErrorStatus,
    code: string,
    message: string,
    param: string | null = null,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.param = param;
  }

  body(): ErrorBody {
    return {
      error: { message: this.message, type: TYPES[this.status], param: this.param, code: this.code },
    };
  }
}

export const invalidValue = (param: string, message: string): RequestError =>
  new RequestError(400, "invalid_value", message, param);

export const modelNotFound = (model: string, served: readonly string[]): RequestError => {
  const names = served.map((name) => `'${name}'`).join(", ");
  return new RequestError(
    404,
    "model_not_found",
    `The model '${model}' is not served here; expected one of ${names}.`,
    "model",
  );
};

export const overCapacity = (asked: number, underWay: number, capacity: number): RequestError => {
  const message = `${underWay} of ${capacity} sequences are running and the request needs ${asked} more; retry later.`;
  return new RequestError(429, "rate_limit_exceeded", message);
};

export const engineFailed = (model: string, cause: unknown): RequestError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RequestError(500, "engine_failed", `The engine of '${model}' failed: ${reason}`, null, cause);
};

/** Abort reason of sequences whose client has disconnected. */
export const clientGone = (): RequestError =>
  new RequestError(499, "client_closed_request", "The client closed the request.");

/** Converts anything thrown while serving into the error for the response. */
export const toRequestError = (thrown: unknown): RequestError => {
  if (thrown instanceof RequestError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new RequestError(500, "internal_error", `The server failed: ${reason}`, null, thrown);
};
