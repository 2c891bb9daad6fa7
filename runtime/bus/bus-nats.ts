/**
 * The bus over a NATS server.
 *
 * 1. The bus reconnects without limit and restores its subscriptions. Payloads published while the link is down are
 *    lost.
 * 2. The client's callbacks only add deliveries to our queue: an exception in a callback would silently stop the
 *    connection.
 */
import { connect, type Msg, type NatsConnection, type Status } from "@nats-io/transport-node";
import { within } from "../within.ts";
import {
  abortedError,
  assertPayload,
  type Bus,
  type BusStatus,
  closedError,
  type DeliveryHandler,
  type RequestOptions,
  type Subscription,
} from "./bus.ts";
import { Consumer, DeliveryQueue, defaultPendingLimit } from "./delivery-queue.ts";
import type { NatsAccess } from "./nats-address.ts";
import { connectError, requestError } from "./nats-errors.ts";
import { connectionOptions } from "./nats-login.ts";
import { StatusListeners } from "./status-listeners.ts";
import { assertPattern, assertSubject } from "./subjects.ts";

export type NatsBusOptions = NatsAccess & {
  /** Name of this connection in the server's monitoring. */
  readonly name?: string;
  readonly pendingLimit?: number;
  readonly connectTimeoutMilliseconds?: number;
};

/** [ms] */
const reconnectPause = 200;
/** How long a drain waits for a server that does not respond [ms]. */
const drainPatience = 5_000;

class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #status = new StatusListeners();
  readonly #queue: DeliveryQueue;
  readonly #consumers = new Map<Consumer, { drain(): Promise<void>; unsubscribe(): void }>();
  #connected = true;
  readonly isLocal = false;
  #maxPayload = 1024 * 1024;
  #phase: "open" | "draining" | "closed" = "open";

  constructor(connection: NatsConnection, pendingLimit: number) {
    this.#connection = connection;
    this.#queue = new DeliveryQueue(pendingLimit, (status) => this.#status.notify(status));
    void this.#follow();
  }

  get maxPayload(): number {
    // While the link is down the client knows no limit: use the last one.
    this.#maxPayload = this.#connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload;
  }

  get connected(): boolean {
    return this.#connected;
  }

  publish(subject: string, payload: Uint8Array): void {
    this.#assertOpen();
    assertSubject(subject);
    this.#assertPayload(subject, payload);
    this.#connection.publish(subject, payload);
  }

  subscribe(pattern: string, handler: DeliveryHandler, options?: { readonly queue?: string }): Subscription {
    if (this.#phase !== "open") throw closedError();
    assertPattern(pattern);
    const consumer = new Consumer(pattern, handler, options?.queue);
    const callback = (error: Error | null, arrived: Msg): void => this.#arrive(consumer, error, arrived);
    const queue = options?.queue === undefined ? {} : { queue: options.queue };
    const subscription = this.#connection.subscribe(pattern, { ...queue, callback });
    this.#consumers.set(consumer, subscription);
    return { unsubscribe: () => this.#remove(consumer) };
  }

  async request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const { timeoutMilliseconds, signal } = options;
    this.#assertOpen();
    assertSubject(subject);
    this.#assertPayload(subject, payload);
    if (signal?.aborted) throw abortedError(subject, signal.reason);
    const answer = this.#connection.request(subject, payload, { timeout: timeoutMilliseconds });
    try {
      const { data } = await (signal ? unlessAborted(answer, subject, signal) : answer);
      return data;
    } catch (cause) {
      throw requestError(cause, subject, timeoutMilliseconds);
    }
  }

  onStatus(listener: (status: BusStatus) => void): Subscription {
    return this.#status.add(listener);
  }

  async flush(): Promise<void> {
    this.#assertOpen();
    try {
      await this.#connection.flush();
    } catch (cause) {
      throw requestError(cause, "a flush", 0);
    }
  }

  async drain(): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "draining";
    await within(
      drainPatience,
      Promise.allSettled([...this.#consumers.values()].map((each) => each.drain())),
    );
    await this.#queue.idle();
    await within(drainPatience, Promise.allSettled([this.#connection.flush()]));
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    for (const consumer of this.#consumers.keys()) consumer.open = false;
    this.#consumers.clear();
    await this.#connection.close();
  }

  #assertOpen(): void {
    if (this.#phase === "closed" || this.#connection.isClosed()) throw closedError();
  }

  #assertPayload(subject: string, payload: Uint8Array): void {
    assertPayload(subject, payload, this.maxPayload);
  }

  #arrive(consumer: Consumer, error: Error | null, arrived: Msg): void {
    if (error) {
      this.#status.notify({ type: "refused", cause: error });
      return;
    }
    const { subject, data: payload, reply } = arrived;
    this.#queue.push(consumer, {
      subject,
      payload,
      reply: reply ? (answer) => this.publish(reply, answer) : undefined,
    });
  }

  #remove(consumer: Consumer): void {
    consumer.open = false;
    this.#consumers.get(consumer)?.unsubscribe();
    this.#consumers.delete(consumer);
  }

  async #follow(): Promise<void> {
    for await (const status of this.#connection.status()) this.#report(status);
    const cause = await this.#connection.closed();
    this.#connected = false;
    this.#status.notify({ type: "closed", cause: cause ?? undefined });
  }

  #report(status: Status): void {
    if (status.type === "error") this.#status.notify({ type: "refused", cause: status.error });
    if (status.type !== "disconnect" && status.type !== "reconnect") return;
    this.#connected = status.type === "reconnect";
    this.#status.notify({ type: this.#connected ? "reconnected" : "disconnected" });
  }
}

const unlessAborted = async <T>(answer: Promise<T>, subject: string, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(abortedError(subject, signal.reason));
  signal.addEventListener("abort", abort);
  // After an abort the request may still reject: without this handler Node reports an unhandled rejection.
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
};

/** @throws BusError AGORA_BUS_CONNECT if no server can be reached now, or it refuses the key; AGORA_BUS_KEY. */
export const connectNatsBus = async (options: NatsBusOptions): Promise<Bus> => {
  const access = connectionOptions(options);
  try {
    const connection = await connect({
      ...access,
      name: options.name ?? "agora",
      timeout: options.connectTimeoutMilliseconds ?? 5_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectPause,
      pingInterval: 20_000,
      noAsyncTraces: true,
    });
    return new NatsBus(connection, options.pendingLimit ?? defaultPendingLimit);
  } catch (cause) {
    throw connectError(options, cause);
  }
};
