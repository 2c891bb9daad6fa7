/** An error that the server returns to the browser as JSON with a code and a status. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AgoraError } from "../../runtime/agora-error.ts";

export type RefusalCode =
  | "AGORA_PAGE_QUERY"
  | "AGORA_PAGE_UNKNOWN"
  | "AGORA_PAGE_METHOD"
  | "AGORA_PAGE_TOKEN"
  | "AGORA_PAGE_HOST"
  | "AGORA_PAGE_ORIGIN"
  | "AGORA_PAGE_REPLAY"
  | "AGORA_PAGE_OVER"
  | "AGORA_PAGE_STATE"
  | "AGORA_PAGE_VALUE"
  | "AGORA_PAGE_SIZE"
  | "AGORA_PAGE_TYPE"
  | "AGORA_PAGE_VIEWERS"
  | "AGORA_PAGE_RATE"
  | "AGORA_PAGE_FAILED";

const statuses: Readonly<Record<RefusalCode, ContentfulStatusCode>> = {
  AGORA_PAGE_QUERY: 400,
  AGORA_PAGE_TOKEN: 401,
  AGORA_PAGE_HOST: 403,
  AGORA_PAGE_ORIGIN: 403,
  AGORA_PAGE_UNKNOWN: 404,
  AGORA_PAGE_METHOD: 405,
  AGORA_PAGE_REPLAY: 409,
  AGORA_PAGE_OVER: 409,
  AGORA_PAGE_STATE: 409,
  AGORA_PAGE_SIZE: 413,
  AGORA_PAGE_TYPE: 415,
  AGORA_PAGE_VALUE: 422,
  AGORA_PAGE_RATE: 429,
  AGORA_PAGE_FAILED: 500,
  AGORA_PAGE_VIEWERS: 503,
};

export class Refusal extends AgoraError<RefusalCode> {
  get status(): ContentfulStatusCode {
    return statuses[this.code];
  }
}
