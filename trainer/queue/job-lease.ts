/**
 * Who trains a job: its host has the lease, a key that expires `ackWaitSeconds` after its last renewal.
 *
 * 1. The lease is created only where there is none, and renewed only at the revision that its holder knows.
 * 2. A host that could not renew it for half its life stops training (`lost`): whoever takes it after its end, trains
 *    alone. It counts from when it sent the last renewal that the server confirmed, so no clocks are compared.
 * 3. A stalled host notices its loss late; the claim in the queue keeps its outcome out (training-queue.ts).
 */
import { JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import { TrainingError } from "../../runtime/training.ts";

/** Error code of JetStream: another revision. */
const wrongSequence = 10071;

const isTaken = (cause: unknown): boolean =>
  cause instanceof JetStreamApiError && cause.code === wrongSequence;

export interface LeaseWish {
  readonly key: string;
  /** Tells this host from others, also from an earlier process of the same name. */
  readonly holder: string;
  readonly seconds: number;
}

export class JobLease {
  /** Aborted once another host may have the lease, or the job was cancelled. */
  readonly lost: AbortSignal;
  readonly #bucket: KV;
  readonly #wish: LeaseWish;
  readonly #losing = new AbortController();
  #revision: number;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  private constructor(bucket: KV, wish: LeaseWish, revision: number, sentAt: number) {
    this.#bucket = bucket;
    this.#wish = wish;
    this.#revision = revision;
    this.lost = this.#losing.signal;
    this.#hold(sentAt);
  }

  /** Undefined if another host has it. */
  static async take(bucket: KV, wish: LeaseWish): Promise<JobLease | undefined> {
    const sentAt = performance.now();
    try {
      return new JobLease(bucket, wish, await bucket.create(wish.key, wish.holder), sentAt);
    } catch (cause) {
      if (!isTaken(cause)) throw cause;
    }
    const entry = await bucket.get(wish.key);
    // Its own of before: it has stopped that training.
    if (entry?.operation !== "PUT" || entry.string() !== wish.holder) return undefined;
    try {
      const revision = await bucket.update(wish.key, wish.holder, entry.revision);
      return new JobLease(bucket, wish, revision, sentAt);
    } catch (cause) {
      if (isTaken(cause)) return undefined;
      throw cause;
    }
  }

  /** Gives it back: the next host need not wait until it expires. */
  async release(): Promise<void> {
    this.#stop();
    if (this.lost.aborted) return;
    await this.#bucket.delete(this.#wish.key, { previousSeq: this.#revision }).catch(() => {});
  }

  /** [ms] */
  get #life(): number {
    return this.#wish.seconds * 1000;
  }

  #hold(sentAt: number): void {
    clearTimeout(this.#deadline);
    const left = this.#life / 2 - (performance.now() - sentAt);
    this.#deadline = setTimeout(() => this.#lose("could not be renewed in time"), Math.max(0, left));
    this.#timer = setTimeout(() => void this.#renew(), this.#life / 8);
  }

  async #renew(): Promise<void> {
    const { key, holder } = this.#wish;
    const sentAt = performance.now();
    try {
      this.#revision = await this.#bucket.update(key, holder, this.#revision, this.#life / 4);
      if (!this.lost.aborted && this.#timer !== undefined) this.#hold(sentAt);
    } catch (cause) {
      if (isTaken(cause) && !(await this.#isOwn())) this.#lose("is another host's, or the job was cancelled");
      else if (this.#timer !== undefined) this.#timer = setTimeout(() => void this.#renew(), this.#life / 8);
    }
  }

  /** The server has renewed it, and its answer was lost. Without an answer it stays open. */
  async #isOwn(): Promise<boolean> {
    try {
      const entry = await this.#bucket.get(this.#wish.key);
      if (entry?.operation !== "PUT" || entry.string() !== this.#wish.holder) return false;
      this.#revision = entry.revision;
      return true;
    } catch {
      return true;
    }
  }

  #lose(why: string): void {
    this.#stop();
    const problem = `the lease of ${this.#wish.key} ${why}: its training is stopped`;
    this.#losing.abort(new TrainingError("lease-lost", problem, { permanent: false }));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
    this.#timer = undefined;
  }
}
