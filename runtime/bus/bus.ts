/**
 * The bus: a port that carries bytes on subjects, with an embedded and a NATS implementation.
 *
 * 1. A payload is lost if there is no subscriber, the subscriber's link is down or a consumer is too slow. A link of its
 *    sender that breaks delays it, and may have it delivered twice.
 * 2. A subscription handles the payloads of one publisher in the order they were sent.
 * 3. A handler never runs inside `publish` or inside the network client. Its exception is reported as a status and
 *    does not affect other handlers.
 * 4. Handlers share the payload and must not change it.
 * 5. The exception from 1 are payloads that are sent to be kept: their receiver gets each at least once, also those that
 *    were sent while there was none, and also if sender or receiver are killed. A NATS server keeps them in JetStream.
 */
import { AgoraError } from "../agora-error.ts";

export type Reply = (payload: Uint8Array) => void;

export type Delivery = {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Defined if the sender waits for an answer; only the first answer counts. */
  readonly reply: Reply | undefined;
  /** The term of the host that has sent it (runtime/wire/terms.ts); undefined for other senders. */
  readonly term?: number | undefined;
  /** Defined if the payload is kept until this is called: otherwise it is delivered again. */
  readonly done?: (() => void) | undefined;
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

/** How a payload is sent that is to be kept until its receiver is done with it. */
export type KeepOptions = RequestOptions & {
  /** A payload that is sent again under its id is kept once. */
  readonly id: string;
  /** As in `publish`. */
  readonly term?: number | undefined;
  /** The payload is safe now. `timeoutMilliseconds` is how long to wait for that, or for the answer. */
  readonly onKept?: () => void;
  /** How long to wait for the answer once it is safe [ms]. */
  readonly patienceMilliseconds: number;
};

export type ReceiveOptions = {
  /** Drops what was sent before. */
  readonly afresh?: boolean;
};

/** The receiver of kept payloads. */
export type Reception = {
  /**
   * Resolves once the receiver is done with everything that was sent before, or has ended.
   * @returns what the server lacks, or keeps otherwise than it was declared, for people.
   */
  readonly ready: Promise<readonly string[]>;
  /** What it is not done with stays for the next receiver. */
  end(): void;
};

export interface Bus {
  /** Largest payload in bytes. */
  readonly maxPayload: number;
  /** Payloads stay in this process: subscribers get the very objects that were published. */
  readonly isLocal: boolean;
  readonly connected: boolean;
  /**
   * `term`: of the host that sends it.
   * @throws BusError AGORA_BUS_SUBJECT, AGORA_BUS_PAYLOAD or AGORA_BUS_CLOSED.
   */
  publish(subject: string, payload: Uint8Array, term?: number): void;
  /** Each payload reaches one of the subscriptions with the same `queue` name. @throws as `publish`. */
  subscribe(pattern: string, handler: DeliveryHandler, options?: { readonly queue?: string }): Subscription;
  /** @throws BusError AGORA_BUS_NO_RESPONDERS, AGORA_BUS_TIMEOUT, AGORA_BUS_ABORTED, or as `publish`. */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Sends a payload to be kept, and resolves with the receiver's answer. @throws as `request`, AGORA_BUS_UNANSWERED. */
  keep(subject: string, payload: Uint8Array, options: KeepOptions): Promise<Uint8Array>;
  /**
   * Receives the payloads that were sent to be kept. A pattern has one receiver: the newest. Where nothing can be kept,
   * because the server lacks JetStream or it cannot be reached, those are received that arrive now.
   */
  receive(pattern: string, handler: DeliveryHandler, options?: ReceiveOptions): Reception;
  onStatus(listener: (status: BusStatus) => void): Subscription;
  /**
   * Resolves once all earlier subscriptions and payloads have reached the server.
   * @throws BusError AGORA_BUS_TIMEOUT, AGORA_BUS_CLOSED
   */
  flush(): Promise<void>;
  /** Accepts no new payloads, waits for the handlers, sends what they publish, then closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export type BusErrorCode =
  | "AGORA_BUS_NO_RESPONDERS"
  | "AGORA_BUS_TIMEOUT"
  | "AGORA_BUS_ABORTED"
  | "AGORA_BUS_UNANSWERED"
  | "AGORA_BUS_CLOSED"
  | "AGORA_BUS_SUBJECT"
  | "AGORA_BUS_PAYLOAD"
  | "AGORA_BUS_REFUSED"
  | "AGORA_BUS_ADDRESS"
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

export const unansweredError = (subject: string): BusError =>
  new BusError("AGORA_BUS_UNANSWERED", `the payload on ${subject} is kept, and nobody has answered it yet`);

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
