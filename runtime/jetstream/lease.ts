/**
 * The lease of a run: one host has it at a time, and a standby takes it once it is no longer renewed.
 *
 * 1. The lease is a key in a bucket whose keys expire. It is created only where it does not exist, and renewed only at
 *    the revision that its holder knows: two hosts never both have it.
 * 2. Who has lost it is told (`lost`). Losing it is not enough to stop writing, since a stalled process is told late:
 *    who takes over fences the journal as well (`takeOver` of runtime/journal).
 * 3. Who has had it last stays known. While the server is down nobody can take it; its holder takes it again afterwards,
 *    unless another has had it meanwhile, even if that one has lost it by then: a holder is replaced for good.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { connect, type NatsConnection, nanos } from "@nats-io/transport-node";
import { AgoraError } from "../agora-error.ts";
import { BusError } from "../bus/bus.ts";
import { assertHostKey } from "../bus/host-key.ts";
import { type NatsAccess, shownServers } from "../bus/nats-address.ts";
import { connectError } from "../bus/nats-errors.ts";
import { connectionOptions } from "../bus/nats-login.ts";
import { bucketDifferences, holderOptions, holders, leaseOptions, leases } from "./stores.ts";

export type LeaseErrorCode = "AGORA_LEASE_HELD" | "AGORA_LEASE_LOST" | "AGORA_LEASE_UNAVAILABLE";

export class LeaseError extends AgoraError<LeaseErrorCode> {}

export interface LeaseOptions extends NatsAccess {
  readonly run: string;
  /** Who holds it, for people. */
  readonly holder: string;
  readonly replicas: number;
  /** After as long without a renewal it is free. Default: 10. */
  readonly ttlSeconds?: number | undefined;
  /** How long to wait for another holder's to end; undefined: for ever [s]. */
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once if somebody else has it. */
  readonly onWait?: (holder: string) => void;
}

export interface Lease {
  /** Resolves if somebody else has taken it. */
  readonly lost: Promise<LeaseError>;
  /** What the server has made otherwise than declared. */
  readonly differences: readonly string[];
  /** Gives it back: a standby need not wait until it expires. */
  release(): Promise<void>;
}

/** [ms] */
const pollEvery = 250;
const releasePatience = 1_000;
const leastTimeout = 500;

const isTaken = (cause: unknown): boolean => cause instanceof JetStreamApiError && cause.code === 10071;

const unavailable = (access: NatsAccess, cause: unknown): LeaseError =>
  new LeaseError("AGORA_LEASE_UNAVAILABLE", `${shownServers(access)} keeps no leases (${String(cause)})`, {
    fix: "start it with JetStream: nats-server -c nats.conf",
    cause,
  });

interface Taken {
  /** The holder, and what tells this lease from others of its. */
  readonly value: string;
  readonly revision: number;
  /** Revision of the name of the last holder. */
  readonly named: number;
}

interface Buckets {
  readonly leases: KV;
  readonly holders: KV;
}

/** Names the holder after the one of that revision; 0: after none. Fails as taken if another was named meanwhile. */
const name = ({ holders: names }: Buckets, run: string, value: string, after: number): Promise<number> =>
  after === 0 ? names.create(run, value) : names.update(run, value, after);

const holderIn = (value: string | undefined): string => value?.split("\n", 1)[0] ?? "another process";

class KeptLease implements Lease {
  readonly lost: Promise<LeaseError>;
  readonly differences: readonly string[];
  readonly #connection: NatsConnection;
  readonly #buckets: Buckets;
  readonly #options: LeaseOptions;
  readonly #losing = Promise.withResolvers<LeaseError>();
  readonly #value: string;
  #revision: number;
  #named: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    connection: NatsConnection,
    buckets: Buckets,
    options: LeaseOptions,
    { value, revision, named, differences }: Taken & { readonly differences: readonly string[] },
  ) {
    this.#value = value;
    this.#connection = connection;
    this.#buckets = buckets;
    this.#options = options;
    this.#revision = revision;
    this.#named = named;
    this.differences = differences;
    this.lost = this.#losing.promise;
    this.#timer = this.#later();
  }

  async release(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { run } = this.#options;
    const given = this.#buckets.leases.delete(run, { previousSeq: this.#revision }).catch(() => {});
    // Without a server it expires.
    await Promise.race([given, sleep(releasePatience, undefined, { ref: false })]);
    await this.#connection.close();
  }

  async #renew(): Promise<void> {
    const { run } = this.#options;
    try {
      const timeout = Math.max(leastTimeout, this.#period);
      this.#revision = await this.#buckets.leases.update(run, this.#value, this.#revision, timeout);
    } catch (cause) {
      // Anything else than another revision is an outage, in which nobody can take it.
      if (isTaken(cause) && !(await this.#retaken())) return this.#lose();
    }
    if (this.#timer !== undefined) this.#timer = this.#later();
  }

  /** [ms] */
  get #period(): number {
    const { ttlSeconds = leases.ttlSeconds } = this.#options;
    return ttlSeconds * 250;
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), this.#period);
  }

  /** It was renewed although the answer was lost; or it has expired, and nobody has had it since. */
  async #retaken(): Promise<boolean> {
    const { run } = this.#options;
    try {
      const entry = await this.#buckets.leases.get(run);
      if (entry?.string() === this.#value) this.#revision = entry.revision;
      else await this.#takeAgain();
      return true;
    } catch (cause) {
      return !isTaken(cause);
    }
  }

  /** First the name: whoever is taking the lease now fails to be named, or this one does. */
  async #takeAgain(): Promise<void> {
    const { run } = this.#options;
    this.#named = await name(this.#buckets, run, this.#value, this.#named);
    this.#revision = await this.#buckets.leases.create(run, this.#value);
  }

  #lose(): void {
    this.#timer = undefined;
    const problem = `another process hosts run ${this.#options.run} now`;
    this.#losing.resolve(new LeaseError("AGORA_LEASE_LOST", problem, { fix: "leave the run to it" }));
  }
}

/** Undefined if another has it. */
const takenNow = async (buckets: Buckets, run: string, value: string): Promise<Taken | undefined> => {
  const last = await buckets.holders.get(run);
  let revision: number | undefined;
  try {
    revision = await buckets.leases.create(run, value);
    return { value, revision, named: await name(buckets, run, value, last?.revision ?? 0) };
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
    if (revision !== undefined) await buckets.leases.delete(run, { previousSeq: revision }).catch(() => {});
    return undefined;
  }
};

/** Undefined if the signal ends the wait. @throws LeaseError AGORA_LEASE_HELD */
const taken = async (buckets: Buckets, options: LeaseOptions): Promise<Taken | undefined> => {
  const value = `${options.holder}\n${randomUUID()}`;
  const { run, waitSeconds = Number.POSITIVE_INFINITY, signal, onWait } = options;
  const until = performance.now() + waitSeconds * 1000;
  for (let told = false; !signal?.aborted; told = true) {
    const lease = await takenNow(buckets, run, value);
    if (lease !== undefined) return lease;
    const other = holderIn((await buckets.leases.get(run))?.string());
    if (!told) onWait?.(other);
    if (performance.now() >= until)
      throw new LeaseError("AGORA_LEASE_HELD", `${other} hosts run ${run}`, {
        fix: "stop it, or wait for its end with agora resume --standby",
      });
    await sleep(pollEvery, undefined, signal ? { signal } : {}).catch(() => {});
  }
  return undefined;
};

/**
 * Takes the lease, or waits for it; undefined if the signal ends the wait.
 * @throws LeaseError AGORA_LEASE_HELD, AGORA_LEASE_UNAVAILABLE; BusError if no server answers, or the key is not a
 * host's
 */
export const takeLease = async (options: LeaseOptions): Promise<Lease | undefined> => {
  const connection = await connect({
    ...connectionOptions(options),
    name: `agora lease ${options.run}`,
    timeout: 5_000,
    noAsyncTraces: true,
  }).catch((cause: unknown) => {
    throw connectError(options, cause);
  });
  try {
    await assertHostKey(connection, options, options.run);
    const manager = await jetstreamManager(connection);
    const { replicas, ttlSeconds = leases.ttlSeconds } = options;
    const kvm = new Kvm(connection);
    const buckets: Buckets = {
      leases: await kvm.create(leases.name, leaseOptions(replicas, ttlSeconds)),
      holders: await kvm.create(holders.name, holderOptions(replicas)),
    };
    const declared = { max_age: nanos(ttlSeconds * 1000), num_replicas: replicas };
    const differences = await bucketDifferences(manager, `KV_${leases.name}`, declared);
    const lease = await taken(buckets, options);
    if (lease !== undefined) return new KeptLease(connection, buckets, options, { ...lease, differences });
    await connection.close();
    return undefined;
  } catch (cause) {
    await connection.close();
    throw cause instanceof LeaseError || cause instanceof BusError ? cause : unavailable(options, cause);
  }
};
