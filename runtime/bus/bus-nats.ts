/**
 * The bus over a NATS server.
 *
 * 1. The bus reconnects without limit and restores its subscriptions. What the broken link has lost, and what is
 *    published while it is down, the server gets once it is back and others had the time to come back too.
 * 2. The client's callbacks only add deliveries to our queue: an exception in a callback would silently stop the
 *    connection.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  connect,
  type Msg,
  type NatsConnection,
  PermissionViolationError,
  type Status,
} from "@nats-io/transport-node";
import type { KeptReceptionOptions } from "../jetstream/kept-reception.ts";
import { within } from "../within.ts";
import {
  abortedError,
  assertPayload,
  type Bus,
  type BusStatus,
  closedError,
  type DeliveryHandler,
  type KeepOptions,
  type ReceiveOptions,
  type Reception,
  type RequestOptions,
  type Subscription,
  timeoutError,
} from "./bus.ts";
import {
  Consumer,
  DeliveryQueue,
  type GivenLimits,
  type PendingLimits,
  pendingLimits,
} from "./delivery-queue.ts";
import { assertHostKey } from "./host-key.ts";
import { answerSubject, headersOf, KeptRequests, termOf } from "./kept-requests.ts";
import type { NatsAccess } from "./nats-address.ts";
import { connectError, isLinkLoss, requestError } from "./nats-errors.ts";
import { connectionOptions, pauseBeforeRetry } from "./nats-login.ts";
import { Publications } from "./publications.ts";
import { StatusListeners } from "./status-listeners.ts";
import { assertPattern, assertSubject } from "./subjects.ts";

export type NatsBusOptions = NatsAccess &
  GivenLimits & {
    /** Name of this connection in the server's monitoring. */
    readonly name?: string;
    /** Servers of a cluster that keep what is sent to be kept. Default: 1. */
    readonly replicas?: number;
    /** The run that this connection hosts. */
    readonly hosts?: string;
    readonly connectTimeoutMilliseconds?: number;
  };

/** How long a flush waits for a server that is down or does not respond [ms]. */
const flushPatience = 5_000;
/** How long one try to flush waits [ms]: the client never answers one that it loses with its connection. */
const flushTry = 500;
/** Between two tries to flush [ms]. */
const flushPause = 100;
/**
 * Between the return of the link and what is published over it then [ms]: other processes whose links broke with this one
 * try again this often, and would miss it.
 */
const othersReturn = 2 * pauseBeforeRetry;
/** How long a close waits for what was published to leave [ms]. */
const closePatience = 500;
/** How long a drain waits for a server that does not respond [ms]. */
const drainPatience = 5_000;

/** What a server takes that says nothing about it [bytes]. */
const leastMaxPayload = 1024 * 1024;

interface Kept {
  readonly limits: PendingLimits;
  readonly replicas: number;
  readonly inboxPrefix: string | undefined;
}

class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #keeping: Omit<Kept, "limits">;
  readonly #requests: KeptRequests;
  readonly #receptions = new Set<Reception>();
  readonly #status = new StatusListeners();
  readonly #queue: DeliveryQueue;
  readonly #consumers = new Map<Consumer, { drain(): Promise<void>; unsubscribe(): void }>();
  readonly #publications: Publications;
  #connected = true;
  /** Runs while others return. */
  #returning: NodeJS.Timeout | undefined;
  readonly isLocal = false;
  #maxPayload: number;
  #phase: "open" | "draining" | "closed" = "open";

  constructor(connection: NatsConnection, { limits, replicas, inboxPrefix }: Kept) {
    this.#connection = connection;
    this.#maxPayload = connection.info?.max_payload ?? leastMaxPayload;
    this.#queue = new DeliveryQueue(limits, (status) => this.#status.notify(status));
    this.#keeping = { replicas, inboxPrefix };
    this.#requests = new KeptRequests(connection, inboxPrefix);
    this.#publications = new Publications({
      limits,
      publish: ({ subject, payload, term }) =>
        connection.publish(subject, payload, term === undefined ? {} : { headers: headersOf(term) }),
      flush: () => connection.flush(),
      onLoss: (cause) => this.#status.notify({ type: "refused", cause }),
    });
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

  publish(subject: string, payload: Uint8Array, term?: number): void {
    this.#assertOpen();
    assertSubject(subject);
    this.#assertPayload(subject, payload);
    this.#publications.add({ subject, payload, term });
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

  async keep(subject: string, payload: Uint8Array, options: KeepOptions): Promise<Uint8Array> {
    this.#assertOpen();
    assertSubject(subject);
    this.#assertPayload(subject, payload);
    if (options.signal?.aborted) throw abortedError(subject, options.signal.reason);
    return await this.#requests.send(subject, payload, options);
  }

  receive(pattern: string, handler: DeliveryHandler, { afresh = false }: ReceiveOptions = {}): Reception {
    if (this.#phase !== "open") throw closedError();
    assertPattern(pattern);
    const consumer = new Consumer(pattern, handler, undefined);
    const take = (arrived: Msg, done: (() => void) | undefined): void => this.#push(consumer, arrived, done);
    const reception = receptionOf({ connection: this.#connection, ...this.#keeping, pattern, afresh, take });
    const end = (): void => {
      consumer.open = false;
      this.#receptions.delete(given);
      void reception.then((begun) => begun.end());
    };
    const given: Reception = { ready: reception.then(({ ready }) => ready), end };
    this.#receptions.add(given);
    return given;
  }

  onStatus(listener: (status: BusStatus) => void): Subscription {
    return this.#status.add(listener);
  }

  /** A link that breaks ends a flush: it is tried again, since subscriptions are restored once the link is back. */
  async flush(): Promise<void> {
    const until = performance.now() + flushPatience;
    let flushed = false;
    const lost = (cause: unknown): void => {
      if (!isLinkLoss(cause)) throw requestError(cause, "a flush", flushPatience);
    };
    while (!flushed) {
      this.#assertOpen();
      const left = until - performance.now();
      if (left <= 0) throw timeoutError("a flush", flushPatience);
      const flush = this.#publications.flush().then((isWhole) => {
        flushed ||= isWhole;
      });
      await within(Math.min(left, flushTry), flush).catch(lost);
      if (!flushed) await sleep(flushPause);
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
    for (const reception of this.#receptions) reception.end();
    this.#consumers.clear();
    this.#requests.close();
    if (this.#returning !== undefined) this.#restored();
    this.#publications.close();
    // What has been published is on its way: the client must not write it after the end of its socket.
    if (this.#connected) await within(closePatience, Promise.allSettled([this.#connection.flush()]));
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
    this.#push(consumer, arrived, undefined);
  }

  #push(consumer: Consumer, arrived: Msg, done: (() => void) | undefined): void {
    const { subject, data: payload } = arrived;
    const answerTo = answerSubject(arrived);
    const reply = answerTo ? (answer: Uint8Array) => this.publish(answerTo, answer) : undefined;
    this.#queue.push(consumer, { subject, payload, term: termOf(arrived), reply, done });
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
    clearTimeout(this.#returning);
    this.#publications.close();
    this.#status.notify({ type: "closed", cause: cause ?? undefined });
  }

  #refused(cause: Error): void {
    this.#status.notify({ type: "refused", cause });
    if (cause instanceof PermissionViolationError && cause.operation === "publish")
      this.#requests.refused(cause.subject, cause);
  }

  /** From now on what is published leaves at once. */
  #restored(): void {
    clearTimeout(this.#returning);
    this.#returning = undefined;
    this.#publications.restored();
  }

  #report(status: Status): void {
    if (status.type === "error") this.#refused(status.error);
    if (status.type !== "disconnect" && status.type !== "reconnect") return;
    this.#connected = status.type === "reconnect";
    clearTimeout(this.#returning);
    this.#returning = undefined;
    if (this.#connected) this.#returning = setTimeout(() => this.#restored(), othersReturn);
    else this.#publications.broken();
    this.#status.notify({ type: this.#connected ? "reconnected" : "disconnected" });
  }
}

/** Only who receives kept payloads needs JetStream. */
const receptionOf = async (options: KeptReceptionOptions): Promise<Reception> => {
  const { KeptReception } = await import("../jetstream/kept-reception.ts");
  return options.connection.isClosed() ? nothingToReceive : new KeptReception(options);
};

const nothingToReceive: Reception = { ready: Promise.resolve([]), end: () => {} };

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

/**
 * @throws BusError AGORA_BUS_CONNECT if no server can be reached now, or it refuses the key; AGORA_BUS_ADDRESS;
 * AGORA_BUS_KEY, also if the key may not host the run.
 */
export const connectNatsBus = async (options: NatsBusOptions): Promise<Bus> => {
  const access = connectionOptions(options);
  const connection = await connect({
    ...access,
    name: options.name ?? "agora",
    timeout: options.connectTimeoutMilliseconds ?? 5_000,
    pingInterval: 20_000,
    noAsyncTraces: true,
  }).catch((cause: unknown) => {
    throw connectError(options, cause);
  });
  const { replicas = 1, hosts } = options;
  try {
    if (hosts !== undefined) await assertHostKey(connection, options, hosts);
    const limits = pendingLimits(options);
    return new NatsBus(connection, { limits, replicas, inboxPrefix: access.inboxPrefix });
  } catch (cause) {
    await connection.close();
    throw cause;
  }
};
