/**
 * The work queue of training jobs, on JetStream (nats-server 2.9.10 and newer).
 *
 * 1. A queued job is a ticket in a work-queue stream, at most one per job. Orders, adapters and outcomes are in an
 *    object store, which checks their digests.
 * 2. An attempt has one outcome. It is written before the ticket is acknowledged, so a host recognises a redelivered
 *    ticket of a finished job.
 * 3. A host trains a job while it has its lease (job-lease.ts), and claims it in the outcome's place. The outcome is
 *    written at the revision of the claim: a host that another has followed, or whose job was cancelled, writes none.
 * 4. A claim names all hosts that have the job or were lost with it. A host that gives a job back leaves the claim
 *    before its ticket: if it is killed in between, its ticket is redelivered and it is not counted as lost.
 * 5. Every request is repeated for `patienceSeconds`, so a restart of the server does not fail it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import { connect, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { z } from "zod";
import { shownServers } from "../../runtime/bus/nats-address.ts";
import { connectError } from "../../runtime/bus/nats-errors.ts";
import { connectionOptions } from "../../runtime/bus/nats-login.ts";
import { training } from "../../runtime/jetstream/stores.ts";
import { TrainingError } from "../../runtime/training.ts";
import { JobLease } from "./job-lease.ts";
import type { Parcel } from "./parcel.ts";
import {
  consumerName,
  defaultAckWait,
  defaultCrashes,
  type Prepared,
  prepare,
  type QueueOptions,
} from "./queue-stores.ts";
import {
  type Claim,
  type Claimant,
  type Claimed,
  claimAfter,
  claimSchema,
  claimWithout,
  type Known,
  keyPrefixOf,
  type News,
  newsSchema,
  type Outcome,
  orderIn,
  outcomeSchema,
  type QueuedOrder,
  type Ticket,
  ticketSchema,
} from "./queued-job.ts";

/** Name of the stream and of the object store. */
const NAME = training.name;
const JOBS = training.jobs;
const NEWS = "agora-training.news";

/** Error code of JetStream: the job already has a ticket. */
const PER_SUBJECT = 10077;
/** Error code of JetStream: another host wrote the outcome first. */
const WRONG_SEQUENCE = 10071;

/** How long a close waits for what was published to leave [ms]. */
const CLOSE_PATIENCE = 1_000;

/** How long a host waits until it has left its claim; in a process that goes on, the request does so too [ms]. */
const LEAVE_PATIENCE = 5_000;

/** Longest time between two chunks of an object [ms]. */
const CHUNK_PATIENCE = 15_000;

export class TrainingQueue {
  readonly #options: QueueOptions;
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  #store: ObjectStore;
  #leases: KV;
  /** What the server keeps otherwise than it was declared. */
  readonly differences: readonly string[];

  /** @throws BusError if no server can be reached, TrainingError `queue-unusable` if it has no JetStream. */
  static async connect(options: QueueOptions): Promise<TrainingQueue> {
    const connection = await connect({
      ...connectionOptions(options),
      name: options.name,
      timeout: 5_000,
      noAsyncTraces: true,
    }).catch((cause: unknown) => {
      throw connectError(options, cause);
    });
    try {
      const manager = await jetstreamManager(connection);
      const prepared = await prepare(connection, manager, options);
      return new TrainingQueue(options, connection, manager, prepared);
    } catch (cause) {
      await connection.close();
      throw new TrainingError(
        "queue-unusable",
        `${shownServers(options)} cannot hold a work queue (${String(cause)})`,
        {
          fix: "start it with JetStream: nats-server -c nats.conf",
          ...{ cause, permanent: false },
        },
      );
    }
  }

  private constructor(
    options: QueueOptions,
    connection: NatsConnection,
    manager: JetStreamManager,
    { store, leases, differences }: Prepared,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#manager = manager;
    this.#client = jetstream(connection);
    this.#store = store;
    this.#leases = leases;
    this.differences = differences;
  }

  get ackWaitSeconds(): number {
    return this.#options.ackWaitSeconds ?? defaultAckWait;
  }

  get maxCrashes(): number {
    return this.#options.maxCrashes ?? defaultCrashes;
  }

  /** The key is the hash of the order, so an existing order is the same. */
  async putOrder(key: string, order: QueuedOrder): Promise<void> {
    await this.#putOnce(`${key}/order`, new TextEncoder().encode(JSON.stringify(order)));
  }

  /** Undefined if it has expired. @throws TrainingError `order-unknown` if this version cannot read all of it. */
  async order(key: string): Promise<QueuedOrder | undefined> {
    const content = await this.parcel(`${key}/order`);
    return content && orderIn(content, key);
  }

  /** Resolves with the name of the object, which stands for one content. */
  async putParcel(name: string, { content }: Parcel): Promise<string> {
    await this.#putOnce(name, content);
    return name;
  }

  /** Undefined if it has expired or was dropped. */
  async parcel(name: string): Promise<Uint8Array | undefined> {
    return this.#steadily(() => this.#read(name));
  }

  async drop(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.#store.delete(name).catch(() => {});
  }

  async known(key: string): Promise<Known | undefined> {
    const name = `${key}/outcome`;
    const info = await this.#steadily(() => this.#store.info(name));
    if (info === null || info.deleted) return undefined;
    const found = await this.#getJson(name, z.union([outcomeSchema, claimSchema]));
    const { revision } = info;
    return found?.state === "claimed"
      ? { outcome: undefined, claim: found, revision }
      : { outcome: found, claim: undefined, revision };
  }

  /** Undefined if another host has the lease of the job. */
  async lease(key: string, holder: string): Promise<JobLease | undefined> {
    const wish = { key: key.replaceAll("@", "_"), holder, seconds: this.ackWaitSeconds };
    return this.#steadily(() => JobLease.take(this.#leases, wish));
  }

  /** What the outcome has to name; undefined if another host was faster. */
  async claim(key: string, by: Claimant, after: Known | undefined): Promise<Claimed | undefined> {
    const claim = claimAfter(after?.claim, by);
    const revision = await this.#put(key, claim, after);
    return revision === undefined ? undefined : { outcome: after?.outcome, claim, revision };
  }

  /** Ends what a host claimed, unless another has followed it or there is an outcome. */
  async leave(key: string, holder: string, claimed: Claimed): Promise<void> {
    const left = this.#put(key, claimWithout(claimed.claim, holder), claimed);
    await within(LEAVE_PATIENCE, left).catch(() => {});
  }

  /** False if another host has claimed the job since, or written its outcome. */
  async conclude(key: string, outcome: Outcome, after: Known | undefined): Promise<boolean> {
    return (await this.#put(key, outcome, after)) !== undefined;
  }

  /**
   * Ends a run's job that is queued or in training: its ticket is removed, and a host that trains it loses its lease,
   * which it notices within an eighth of `ackWaitSeconds`.
   */
  async cancel(run: string, job: string, cause: string): Promise<void> {
    for (const { ticket, seq } of await this.#tickets(run, job)) {
      await this.#cancelled(ticket, cause);
      // A purge of its subject would make nats-server 2.9 skip the tickets of other jobs.
      await this.#manager.streams.deleteMessage(NAME, seq, false).catch(() => {});
      await this.#leases.delete(ticket.key.replaceAll("@", "_"));
      this.announce(ticket.key, { type: "ended", host: "the run" });
    }
  }

  async #cancelled({ key, attempt }: Ticket, cause: string): Promise<void> {
    const ended = { attempt, host: "the run", seconds: 0 };
    for (;;) {
      const known = await this.known(key);
      if ((known?.outcome?.attempt ?? -1) >= attempt) return;
      const outcome: Outcome = { state: "failed", ...ended, code: "cancelled", cause, permanent: false };
      if (await this.conclude(key, outcome, known)) return;
    }
  }

  /** Tickets of a job, whatever its order was. */
  async #tickets(run: string, job: string): Promise<{ readonly ticket: Ticket; readonly seq: number }[]> {
    const prefix = `${JOBS}.${keyPrefixOf(run, job)}`;
    const subjects_filter = `${JOBS}.>`;
    const { state } = await this.#steadily(() => this.#manager.streams.info(NAME, { subjects_filter }));
    const tickets: { readonly ticket: Ticket; readonly seq: number }[] = [];
    for (const subject of Object.keys(state.subjects ?? {})) {
      if (!subject.startsWith(prefix)) continue;
      const message = await this.#manager.streams
        .getMessage(NAME, { last_by_subj: subject })
        .catch(() => null);
      if (message === null) continue;
      const ticket = parsed(ticketSchema, message.data);
      if (ticket !== undefined) tickets.push({ ticket, seq: message.seq });
    }
    return tickets;
  }

  /** The new revision; undefined if there is another than the one before. */
  async #put(key: string, content: Outcome | Claim, after: Known | undefined): Promise<number | undefined> {
    const previousRevision = after?.revision ?? 0;
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    const put = () => this.#store.putBlob({ name: `${key}/outcome` }, bytes, { previousRevision });
    try {
      return (await this.#steadily(put)).revision;
    } catch (error) {
      if (isApi(error, WRONG_SEQUENCE)) return undefined;
      throw error;
    }
  }

  /** Queues a ticket unless its job has one. */
  async submit(ticket: Ticket): Promise<void> {
    const msgID = `${ticket.key}.${ticket.attempt}`;
    const publish = () => this.#client.publish(`${JOBS}.${ticket.key}`, JSON.stringify(ticket), { msgID });
    try {
      await this.#steadily(publish);
    } catch (error) {
      if (!isApi(error, PER_SUBJECT)) throw error;
    }
  }

  /** The next ticket for this host; undefined if none arrives in time [ms] or the server is unreachable. */
  async next(milliseconds: number): Promise<JsMsg | undefined> {
    try {
      const consumer = await this.#client.consumers.get(NAME, consumerName);
      return (await consumer.next({ expires: milliseconds })) ?? undefined;
    } catch (error) {
      if (this.#connection.isClosed()) throw error;
      await sleep(500);
      // A server that lost its storage needs its stream and object store again.
      const prepared = await prepare(this.#connection, this.#manager, this.#options).catch(() => undefined);
      this.#store = prepared?.store ?? this.#store;
      this.#leases = prepared?.leases ?? this.#leases;
      return undefined;
    }
  }

  /** Number of jobs that are queued or in training, of all runs. */
  async waiting(): Promise<number> {
    return (await this.#steadily(() => this.#manager.streams.info(NAME))).state.messages;
  }

  /** Whether any host trains a job. */
  async isBusy(): Promise<boolean> {
    const consumer = await this.#manager.consumers.info(NAME, consumerName).catch(() => undefined);
    return (consumer?.num_ack_pending ?? 0) > 0;
  }

  announce(key: string, news: News): void {
    if (!this.#connection.isClosed()) this.#connection.publish(`${NEWS}.${key}`, JSON.stringify(news));
  }

  /** Subscribes to news of one job; unreadable news is ignored. */
  hear(key: string, listener: (news: News) => void): Subscription {
    return this.#connection.subscribe(`${NEWS}.${key}`, {
      callback: (error, message) => {
        const news = error ? undefined : parsed(newsSchema, message.data);
        if (news !== undefined) listener(news);
      },
    });
  }

  async close(): Promise<void> {
    // A ticket that was given back must not wait until it is missed.
    await within(CLOSE_PATIENCE, this.#connection.flush()).catch(() => {});
    await this.#connection.close();
  }

  /** Does not overwrite an object: another client may be reading it. */
  async #putOnce(name: string, content: Uint8Array): Promise<void> {
    await this.#steadily(async () => {
      const info = await this.#store.info(name);
      if (info === null || info.deleted) await this.#store.putBlob({ name }, content);
    });
  }

  async #getJson<Value>(name: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
    const content = await this.#steadily(() => this.#read(name));
    return content === undefined ? undefined : parsed(schema, content);
  }

  /** Reads an object and checks its digest; fails if chunks stop arriving, where the client would wait forever. */
  async #read(name: string): Promise<Uint8Array | undefined> {
    const found = await this.#store.get(name);
    if (found === null) return undefined;
    const reader = found.data.getReader();
    const chunks: Uint8Array[] = [];
    try {
      for (;;) {
        const { done, value } = await within(CHUNK_PATIENCE, reader.read());
        if (done) break;
        chunks.push(value);
      }
    } catch (error) {
      reader.cancel().catch(() => {});
      throw error;
    }
    const error = await within(CHUNK_PATIENCE, found.error);
    if (error) throw error;
    return Buffer.concat(chunks);
  }

  /** @throws JetStreamApiError for a final answer of the server, TrainingError `queue-unreachable` after `patienceSeconds`. */
  async #steadily<Result>(request: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + (this.#options.patienceSeconds ?? 120) * 1000;
    for (;;) {
      try {
        return await request();
      } catch (cause) {
        if (isApi(cause, PER_SUBJECT) || isApi(cause, WRONG_SEQUENCE)) throw cause;
        if (this.#connection.isClosed() || performance.now() > deadline) throw unreachable(cause);
        await sleep(300);
      }
    }
  }
}

const unreachable = (cause: unknown): TrainingError =>
  new TrainingError("queue-unreachable", `the training queue cannot be reached: ${String(cause)}`, {
    fix: "start its NATS server",
    cause,
    permanent: false,
  });

const isApi = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.code === code;

const within = async <Result>(milliseconds: number, work: Promise<Result>): Promise<Result> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${milliseconds / 1000} s`)),
    milliseconds,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
};

const parsed = <Value>(schema: z.ZodType<Value>, content: Uint8Array): Value | undefined => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(content)));
  } catch {
    return undefined;
  }
};
