/**
 * The bus: a port that carries bytes on subjects, with an embedded and a NATS implementation.
 *
 * 1. Delivery is at most once: a payload is lost if there is no subscriber, the link is down or a consumer is too slow.
 * 2. A subscription handles the payloads of one publisher in the order they were sent.
 * 3. A handler never runs inside `publish` or inside the network client. Its exception is reported as a status and
 *    does not affect other handlers.
 * 4. Handlers share the payload and must not change it.
 */
import { AgoraError } from "../agora-error.ts";

export type Reply = (payload: Uint8Array) => void;

export type Delivery = {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Defined if the sender waits for an answer; only the first answer counts. */
  readonly reply: Reply | undefined;
};

export type DeliveryHandler = (delivery: Delivery) => void | Promise<void>;

export type Subscription = { unsubscribe(): void };

export type BusStatus =
  | { readonly type: "disconnected" }
  | { readonly type: "reconnected" }
  /** Too many deliveries wait for one subscription; newer ones are dropped until it has caught up. */
  | { readonly type: "slow consumer"; readonly pattern: string; readonly pending: number }
  | { readonly type: "handler failed"; readonly subject: string; readonly cause: unknown }
  /** The server refused a request, for example for lack of permission. */
  | { readonly type: "refused"; readonly cause: unknown }
  /** The bus is closed and does not reconnect; `cause` is undefined if `close` or `drain` closed it. */
  | { readonly type: "closed"; readonly cause: unknown };

export type RequestOptions = {
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
};

export interface Bus {
  /** Largest payload in bytes. */
  readonly maxPayload: number;
  /** Payloads stay in this process: subscribers get the very objects that were published. */
  readonly isLocal: boolean;
  readonly connected: boolean;
  /** @throws BusError AGORA_BUS_SUBJECT, AGORA_BUS_PAYLOAD or AGORA_BUS_CLOSED. */
  publish(subject: string, payload: Uint8Array): void;
  /** Each payload reaches one of the subscriptions with the same `queue` name. @throws as `publish`. */
  subscribe(pattern: string, handler: DeliveryHandler, options?: { readonly queue?: string }): Subscription;
  /** @throws BusError AGORA_BUS_NO_RESPONDERS, AGORA_BUS_TIMEOUT, AGORA_BUS_ABORTED, or as `publish`. */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  onStatus(listener: (status: BusStatus) => void): Subscription;
  /** Resolves once all earlier subscriptions and payloads have reached the server. */
  flush(): Promise<void>;
  /** Accepts no new payloads, waits for the handlers, sends what they publish, then closes. */
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
  | "AGORA_BUS_KEY"
  | "AGORA_BUS_CONNECT";

export class BusError extends AgoraError<BusErrorCode> {}

export const closedError = (cause?: unknown): BusError =>
  new BusError("AGORA_BUS_CLOSED", "the bus is closed", {
    expected: "an open one",
    fix: "connect again",
    cause,
  });

export const timeoutError = (subject: string, milliseconds: number): BusError =>
  new BusError("AGORA_BUS_TIMEOUT", `no answer on ${subject} within ${milliseconds} ms`);

export const noRespondersError = (subject: string): BusError =>
  new BusError("AGORA_BUS_NO_RESPONDERS", `no actor answers on ${subject}`, {
    fix: "start the actor that serves it",
  });

export const abortedError = (subject: string, cause: unknown): BusError =>
  new BusError("AGORA_BUS_ABORTED", `the request on ${subject} was aborted`, { cause });

/** @throws BusError AGORA_BUS_PAYLOAD */
export const assertPayload = (subject: string, payload: Uint8Array, maxPayload: number): void => {
  if (payload.byteLength <= maxPayload) return;
  throw new BusError("AGORA_BUS_PAYLOAD", `the payload on ${subject} has ${payload.byteLength} bytes`, {
    expected: `at most ${maxPayload} (max_payload in nats.conf)`,
  });
};
