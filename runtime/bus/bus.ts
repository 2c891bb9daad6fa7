/**
 * The bus: a narrow port over subjects and bytes, with an embedded and a NATS implementation.
 *
 * 1. At most once: a published payload may be lost (nobody listens, the link is down, a consumer is too slow).
 * 2. Payloads that one publisher sent to one subscription are handled in the order they were sent.
 * 3. A handler never runs inside `publish` and never inside the network client: what it throws is reported as a
 *    status and hurts nobody else.
 * 4. Payloads are shared between handlers: nobody may write into one.
 */
export type Reply = (payload: Uint8Array) => void;

export type Delivery = {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Present where the sender waits for an answer; only the first answer counts. */
  readonly reply: Reply | undefined;
};

export type DeliveryHandler = (delivery: Delivery) => void | Promise<void>;

export type Subscription = { unsubscribe(): void };

export type BusStatus =
  | { readonly type: "disconnected" }
  | { readonly type: "reconnected" }
  /** More than the allowed number of deliveries wait for one subscription; newer ones are dropped until it caught up. */
  | { readonly type: "slow consumer"; readonly pattern: string; readonly pending: number }
  | { readonly type: "handler failed"; readonly subject: string; readonly cause: unknown }
  /** The server refused something, a permission for example. */
  | { readonly type: "refused"; readonly cause: unknown }
  /** Over for good; `cause` is undefined where we closed it ourselves. */
  | { readonly type: "closed"; readonly cause: unknown };

export type RequestOptions = {
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
};

export interface Bus {
  /** Largest payload in bytes. */
  readonly maxPayload: number;
  readonly connected: boolean;
  /** @throws BusError AGORA_BUS_SUBJECT, AGORA_BUS_PAYLOAD or AGORA_BUS_CLOSED. */
  publish(subject: string, payload: Uint8Array): void;
  /** Of the subscriptions that share a `queue` name, each payload reaches one. @throws as `publish`. */
  subscribe(pattern: string, handler: DeliveryHandler, options?: { readonly queue?: string }): Subscription;
  /** @throws BusError AGORA_BUS_NO_RESPONDERS, AGORA_BUS_TIMEOUT, AGORA_BUS_ABORTED, or as `publish`. */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  onStatus(listener: (status: BusStatus) => void): Subscription;
  /** Resolves when all that was subscribed and published before has reached the server. */
  flush(): Promise<void>;
  /** Takes nothing new, lets the handlers finish what has arrived, sends what they say, then closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export type BusErrorCode =
  | "AGORA_BUS_NO_RESPONDERS"
  | "AGORA_BUS_TIMEOUT"
  | "AGORA_BUS_ABORTED"
  | "AGORA_BUS_CLOSED"
  | "AGORA_BUS_SUBJECT"
  | "AGORA_BUS_PAYLOAD"
  | "AGORA_BUS_REFUSED"
  | "AGORA_BUS_CONNECT";

export class BusError extends Error {
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "BusError";
    this.code = code;
  }
}

export const closedError = (cause?: unknown): BusError =>
  new BusError("AGORA_BUS_CLOSED", "the bus is closed; expected an open one: connect again", { cause });

export const timeoutError = (subject: string, milliseconds: number): BusError =>
  new BusError("AGORA_BUS_TIMEOUT", `no answer on ${subject} within ${milliseconds} ms`);

export const noRespondersError = (subject: string): BusError =>
  new BusError("AGORA_BUS_NO_RESPONDERS", `nobody answers on ${subject}: start the actor that serves it`);

export const abortedError = (subject: string, cause: unknown): BusError =>
  new BusError("AGORA_BUS_ABORTED", `the request on ${subject} was aborted`, { cause });

/** @throws BusError AGORA_BUS_PAYLOAD */
export const assertPayload = (subject: string, payload: Uint8Array, maxPayload: number): void => {
  if (payload.byteLength <= maxPayload) return;
  throw new BusError(
    "AGORA_BUS_PAYLOAD",
    `${payload.byteLength} bytes on ${subject} are too many; expected at most ${maxPayload} (max_payload in nats.conf)`,
  );
};
