/** What the work queue of training jobs needs on its server, and how a client of it is set. */
import { AckPolicy, type JetStreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { type ObjectStore, Objm } from "@nats-io/obj";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import type { NatsAccess } from "../../runtime/bus/nats-address.ts";
import {
  declareTickets,
  leaseOptions,
  objectOptions,
  setLifetime,
  training,
} from "../../runtime/jetstream/stores.ts";

export const consumerName = "trainers";

export interface QueueOptions extends NatsAccess {
  readonly servers: string;
  /** Name of this connection in the server's monitoring. */
  readonly name: string;
  /** Whether this client takes tickets: only hosts configure the consumer. */
  readonly takesTickets?: boolean;
  /** A ticket that its host does not renew is redelivered after this time [s]. Default: 60. */
  readonly ackWaitSeconds?: number | undefined;
  /** Number of hosts that may crash on a job before it fails permanently. Default: 4. */
  readonly maxCrashes?: number | undefined;
  /** Copies that a cluster keeps of what is queued. Default: 1. */
  readonly replicas?: number | undefined;
  /** How long to wait for an unreachable server [s]. Default: 120. */
  readonly patienceSeconds?: number | undefined;
}

export const defaultAckWait = 60;
export const defaultCrashes = 4;

export interface Prepared {
  readonly store: ObjectStore;
  readonly leases: KV;
  readonly differences: readonly string[];
}

/** Creates the stream, the consumer, the object store and the leases' bucket unless they exist. */
export const prepare = async (
  connection: NatsConnection,
  manager: JetStreamManager,
  options: QueueOptions,
): Promise<Prepared> => {
  const { ackWaitSeconds = defaultAckWait, takesTickets = false, replicas = 1 } = options;
  const differences = await declareTickets(manager, replicas);
  const consumer = {
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitSeconds * 1000),
    // A ticket ends with its job's outcome: hosts count crashes, and a delivery need not end in one.
    max_deliver: -1,
    max_ack_pending: 1000,
  };
  if (takesTickets) await manager.consumers.add(training.name, consumer);
  const store = await new Objm(connection).create(training.name, objectOptions(replicas));
  const bucket = await new Kvm(connection).create(training.leases, leaseOptions(replicas, ackWaitSeconds));
  if (takesTickets) await setLifetime(manager, `KV_${training.leases}`, ackWaitSeconds);
  return { store, leases: bucket, differences };
};
