/** The embedded bus: subjects, queue groups and requests as in NATS, within one process. */
import {
  abortedError,
  assertPayload,
  type Bus,
  type BusError,
  type BusStatus,
  closedError,
  type Delivery,
  type DeliveryHandler,
  type KeepOptions,
  noRespondersError,
  type ReceiveOptions,
  type Reception,
  type Reply,
  type RequestOptions,
  type Subscription,
  timeoutError,
  unansweredError,
} from "./bus.ts";
import { Consumer, DeliveryQueue, type GivenLimits, pendingLimits } from "./delivery-queue.ts";
import { KeptPayloads } from "./kept-payloads.ts";
import { StatusListeners } from "./status-listeners.ts";
import { assertPattern, assertSubject, fits, isLiteral } from "./subjects.ts";

export type MemoryBusOptions = GivenLimits & { readonly maxPayload?: number };

type Phase = "open" | "draining" | "closed";

class MemoryBus implements Bus {
  readonly maxPayload: number;
  readonly isLocal = true;
  readonly #literal = new Map<string, Consumer[]>();
  #wild: Consumer[] = [];
  readonly #status = new StatusListeners();
  readonly #queue: DeliveryQueue;
  readonly #kept = new KeptPayloads((consumer, delivery) => this.#queue.push(consumer, delivery));
  readonly #closing = new AbortController();
  #phase: Phase = "open";
  #rotation = 0;

  constructor(options: MemoryBusOptions) {
    this.maxPayload = options.maxPayload ?? 8 * 1024 * 1024;
    this.#queue = new DeliveryQueue(pendingLimits(options), (status) => this.#status.notify(status));
  }

  get connected(): boolean {
    return this.#phase !== "closed";
  }

  publish(subject: string, payload: Uint8Array, term?: number): void {
    this.#deliver({ subject, payload, reply: undefined, term });
  }

  subscribe(pattern: string, handler: DeliveryHandler, options?: { readonly queue?: string }): Subscription {
    if (this.#phase !== "open") throw closedError();
    assertPattern(pattern);
    const consumer = new Consumer(pattern, handler, options?.queue);
    this.#add(consumer);
    return { unsubscribe: () => this.#remove(consumer) };
  }

  async request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const expired = (): BusError => timeoutError(subject, options.timeoutMilliseconds);
    return await this.#answerTo(subject, options, expired, (reply) => {
      if (!this.#deliver({ subject, payload, reply })) throw noRespondersError(subject);
    });
  }

  async keep(subject: string, payload: Uint8Array, options: KeepOptions): Promise<Uint8Array> {
    const { id, term, onKept, patienceMilliseconds: timeoutMilliseconds, signal } = options;
    const expired = (): BusError => unansweredError(subject);
    return await this.#answerTo(subject, { timeoutMilliseconds, signal }, expired, (reply) => {
      this.#assertSendable(subject, payload);
      this.#kept.add(id, { subject, payload, reply, term });
      onKept?.();
    });
  }

  receive(pattern: string, handler: DeliveryHandler, { afresh = false }: ReceiveOptions = {}): Reception {
    if (this.#phase !== "open") throw closedError();
    assertPattern(pattern);
    const { ready, end } = this.#kept.receive(pattern, handler, afresh);
    return { ready: ready.then(() => []), end };
  }

  onStatus(listener: (status: BusStatus) => void): Subscription {
    return this.#status.add(listener);
  }

  async flush(): Promise<void> {
    if (this.#phase === "closed") throw closedError();
  }

  async drain(): Promise<void> {
    if (this.#phase === "open") this.#phase = "draining";
    await this.#queue.idle();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    for (const consumer of [...this.#wild, ...[...this.#literal.values()].flat()]) consumer.open = false;
    this.#literal.clear();
    this.#wild = [];
    this.#kept.clear();
    this.#closing.abort();
    this.#status.notify({ type: "closed", cause: undefined });
  }

  #add(consumer: Consumer): void {
    if (!isLiteral(consumer.pattern)) this.#wild = [...this.#wild, consumer];
    else this.#literal.set(consumer.pattern, [...(this.#literal.get(consumer.pattern) ?? []), consumer]);
  }

  #remove(consumer: Consumer): void {
    consumer.open = false;
    this.#wild = this.#wild.filter((other) => other !== consumer);
    const rest = this.#literal.get(consumer.pattern)?.filter((other) => other !== consumer);
    if (rest?.length) this.#literal.set(consumer.pattern, rest);
    else this.#literal.delete(consumer.pattern);
  }

  /** Calls `send`, and resolves with the first answer. */
  async #answerTo(
    subject: string,
    { timeoutMilliseconds, signal }: RequestOptions,
    expired: () => BusError,
    send: (reply: Reply) => void,
  ): Promise<Uint8Array> {
    if (signal?.aborted) throw abortedError(subject, signal.reason);
    return await new Promise<Uint8Array>((resolve, reject) => {
      const aborted = (): void => settle(() => reject(abortedError(subject, signal?.reason)));
      const closed = (): void => settle(() => reject(closedError()));
      const timer = setTimeout(() => settle(() => reject(expired())), timeoutMilliseconds);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.#closing.signal.removeEventListener("abort", closed);
        finish();
      };
      signal?.addEventListener("abort", aborted);
      this.#closing.signal.addEventListener("abort", closed);
      try {
        send((answer) => settle(() => resolve(answer)));
      } catch (cause) {
        settle(() => reject(cause));
      }
    });
  }

  #assertSendable(subject: string, payload: Uint8Array): void {
    if (this.#phase === "closed") throw closedError();
    assertSubject(subject);
    assertPayload(subject, payload, this.maxPayload);
  }

  /** Whether any subscription matches the subject. */
  #deliver(delivery: Delivery): boolean {
    const { subject, payload } = delivery;
    this.#assertSendable(subject, payload);
    const matching = this.#matching(subject);
    for (const consumer of this.#oneOfEachQueue(matching)) this.#queue.push(consumer, delivery);
    return matching.length > 0;
  }

  #matching(subject: string): Consumer[] {
    const literal = this.#literal.get(subject) ?? [];
    if (this.#wild.length === 0) return literal;
    const tokens = subject.split(".");
    const wild = this.#wild.filter((consumer) => fits(consumer.tokens, tokens));
    return literal.length === 0 ? wild : [...literal, ...wild];
  }

  #oneOfEachQueue(matching: Consumer[]): Consumer[] {
    if (!matching.some((consumer) => consumer.queue !== undefined)) return matching;
    const groups = Map.groupBy(matching, (consumer) => consumer.queue);
    this.#rotation += 1;
    return [...groups].flatMap(([queue, members]) => {
      if (queue === undefined) return members;
      return members.slice(this.#rotation % members.length).slice(0, 1);
    });
  }
}

export const createMemoryBus = (options: MemoryBusOptions = {}): Bus => new MemoryBus(options);
