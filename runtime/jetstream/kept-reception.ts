/**
 * Receives the payloads that senders want kept (runtime/bus/kept-requests.ts), from a stream.
 *
 * 1. The stream keeps a payload until the receiver is done with it. What a receiver that is gone was not done with goes
 *    to the next one at once.
 * 2. A new receiver removes the consumer of the one before, which gets nothing more and does not come back.
 * 3. While the stream cannot be reached the receiver listens to the senders itself: it gets what they send then, and
 *    they repeat what it does not answer. Who sees to it that nothing is processed twice is the receiver.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import {
  createInbox,
  type Msg,
  type NatsConnection,
  nanos,
  type Subscription,
} from "@nats-io/transport-node";
import type { Reception } from "../bus/bus.ts";
import { Backlog } from "../bus/kept-payloads.ts";
import { declareRecords, recordsOf } from "./stores.ts";

export interface KeptReceptionOptions {
  readonly connection: NatsConnection;
  readonly inboxPrefix: string | undefined;
  readonly pattern: string;
  readonly replicas: number;
  readonly afresh: boolean;
  /** Takes a payload; `done` is defined if it comes from the stream. */
  readonly take: (arrived: Msg, done: (() => void) | undefined) => void;
}

/** Between two looks at whether the stream is still there [ms]. */
const lookEvery = 2_000;
/** A payload that the receiver is not done with by then is delivered again [ms]. */
const patience = 5_000;
/** A consumer whose receiver is gone for so long is removed [ms]. */
const forgottenAfter = 3_600_000;
/** How many payloads the receiver is given before it is done with the first. */
const mostAtOnce = 1_000;

const temporarilyUnavailable = 10008;
const consumerMissing = 10014;
const streamMissing = 10059;
/** Another receiver has the subjects. */
const notUnique = 10100;
/** How long a receiver that begins waits for a link that is down, and between two tries [ms]. */
const linkPatience = 20_000;
const linkPause = 200;
/** Times that a new receiver tries to take over. */
const attempts = 5;

const hasCode = (cause: unknown, ...codes: number[]): boolean =>
  cause instanceof JetStreamApiError && codes.includes(cause.code);

/** The server has answered that it keeps nothing. */
const isRefusal = (cause: unknown): boolean =>
  (cause instanceof Error && cause.name === "JetStreamNotEnabled") ||
  (cause instanceof JetStreamApiError && cause.code !== temporarilyUnavailable);

export class KeptReception implements Reception {
  readonly ready: Promise<readonly string[]>;
  readonly #options: KeptReceptionOptions;
  readonly #name = `r-${randomUUID()}`;
  readonly #deliverTo: string;
  readonly #fromStream: Subscription;
  readonly #ending = new AbortController();
  #fromSenders: Subscription | undefined;
  #backlog: Backlog | undefined;

  constructor(options: KeptReceptionOptions) {
    const { connection, inboxPrefix, take } = options;
    this.#options = options;
    this.#deliverTo = createInbox(inboxPrefix);
    this.#fromStream = connection.subscribe(this.#deliverTo, {
      callback: (error, arrived) => {
        if (!error) take(arrived, () => this.#done(arrived));
      },
    });
    this.ready = this.#begin();
  }

  end(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#backlog?.end();
    this.#fromStream.unsubscribe();
    this.#listen(false);
  }

  #done({ reply = "" }: Msg): void {
    const { connection } = this.#options;
    if (reply !== "" && !connection.isClosed()) connection.publish(reply);
    this.#backlog?.done();
  }

  async #begin(): Promise<readonly string[]> {
    try {
      const manager = await this.#manager();
      const differences = await this.#attach(manager);
      void this.#follow(manager);
      await this.#backlog?.ready;
      return differences;
    } catch (cause) {
      this.#listen(true);
      void this.#follow(undefined);
      const reason = cause instanceof Error ? cause.message : String(cause);
      return [`nothing is kept (${reason}): a message is lost if its sender is killed before it is recorded`];
    }
  }

  /** Waits out a link that is down; a server without JetStream says so at once. */
  async #manager(): Promise<JetStreamManager> {
    const until = performance.now() + linkPatience;
    for (;;) {
      try {
        return await jetstreamManager(this.#options.connection);
      } catch (cause) {
        if (isRefusal(cause) || this.#options.connection.isClosed() || performance.now() > until || this.#ending.signal.aborted) throw cause;
        await sleep(linkPause, undefined, { signal: this.#ending.signal }).catch(() => {});
      }
    }
  }

  /** Makes the stream and the consumer. The first time this receiver takes over from the one before. */
  async #attach(manager: JetStreamManager): Promise<string[]> {
    const differences = await declareRecords(manager, this.#options.replicas);
    for (let left = this.#backlog === undefined ? attempts : 0; ; left -= 1) {
      if (left > 0) await this.#takeOver(manager);
      try {
        await this.#consume(manager);
        return differences;
      } catch (cause) {
        // The one before has made its consumer again.
        if (left <= 1 || !hasCode(cause, notUnique)) throw cause;
      }
    }
  }

  /** Removes the receiver before this one; `afresh`: with what it left. */
  async #takeOver(manager: JetStreamManager): Promise<void> {
    const { pattern, afresh } = this.#options;
    for await (const { name, config } of manager.consumers.list(recordsOf.name)) {
      if (config.filter_subject === pattern) await manager.consumers.delete(recordsOf.name, name);
    }
    if (afresh) await this.#drop(manager);
  }

  /** One by one: a purge of some subjects makes nats-server 2.9 skip messages of other consumers. */
  async #drop({ streams }: JetStreamManager): Promise<void> {
    for (;;) {
      const found = await streams.getMessage(recordsOf.name, { seq: 1, next_by_subj: this.#options.pattern });
      if (found === null) return;
      await streams.deleteMessage(recordsOf.name, found.seq, false);
    }
  }

  async #consume(manager: JetStreamManager): Promise<void> {
    const { num_pending, num_ack_pending } = await manager.consumers.add(recordsOf.name, {
      durable_name: this.#name,
      filter_subject: this.#options.pattern,
      deliver_subject: this.#deliverTo,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(patience),
      max_ack_pending: mostAtOnce,
      inactive_threshold: nanos(forgottenAfter),
    });
    this.#backlog ??= new Backlog(num_pending + num_ack_pending);
  }

  /** Sees to it that payloads arrive, from the stream or else from the senders, until the end. */
  async #follow(known: JetStreamManager | undefined): Promise<void> {
    let manager = known;
    while (!this.#ending.signal.aborted) {
      await sleep(lookEvery, undefined, { signal: this.#ending.signal, ref: false }).catch(() => {});
      if (this.#ending.signal.aborted || this.#options.connection.isClosed()) return;
      try {
        manager ??= await jetstreamManager(this.#options.connection);
        this.#endBacklog(await this.#look(manager));
        this.#listen(false);
      } catch (cause) {
        if (this.#backlog !== undefined && hasCode(cause, notUnique)) return this.end();
        this.#listen(true);
      }
    }
  }

  /** The consumer; it is made again where a server has lost what it kept. */
  async #look(manager: JetStreamManager): Promise<ConsumerInfo> {
    try {
      return await manager.consumers.info(recordsOf.name, this.#name);
    } catch (cause) {
      if (!hasCode(cause, consumerMissing, streamMissing)) throw cause;
      await this.#attach(manager);
      return manager.consumers.info(recordsOf.name, this.#name);
    }
  }

  #endBacklog({ num_pending, num_ack_pending }: ConsumerInfo): void {
    if (num_pending + num_ack_pending === 0) this.#backlog?.end();
  }

  #listen(toSenders: boolean): void {
    const { connection, pattern, take } = this.#options;
    if (toSenders && !this.#ending.signal.aborted && !connection.isClosed())
      this.#fromSenders ??= connection.subscribe(pattern, {
        callback: (error, arrived) => {
          if (!error) take(arrived, undefined);
        },
      });
    else if (!toSenders) {
      this.#fromSenders?.unsubscribe();
      this.#fromSenders = undefined;
    }
  }
}
