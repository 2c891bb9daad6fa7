/**
 * Everything that Agora keeps in JetStream, declared here and nowhere else, for nats-server 2.9.10 and newer.
 *
 * What a server has made of a declaration is read back: a feature that it lacks, or a store that somebody has made
 * otherwise, is reported and never assumed.
 */
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";

const seconds = (value: number) => nanos(value * 1000);

/** Tickets of training jobs, one at most per job, the objects beside them, and the leases of the hosts that train. */
export const training = {
  ...{ name: "agora-training", jobs: "agora-training.job", leases: "agora-training-leases" },
} as const;
/** Leases of runs: a key that is not renewed in time is gone. */
export const leases = { name: "agora-leases", ttlSeconds: 10 } as const;
/** Who has had the lease of each run last; these keys stay. */
export const holders = { name: "agora-holders" } as const;

/** Durable messages on their way to the recorders of all runs. */
export const recordsOf = { name: "agora-records", subjects: "agora.*.*.append.>" } as const;

/** How long orders, adapters and outcomes are kept [s]. */
const objectsKept = 7 * 24 * 3600;
/** How long JetStream recognises a repeated publication [s]. */
const deduplicated = 600;
/** The same of a message to be recorded: its sender repeats it until the server has it [s]. */
const repeated = 120;
/** How long a message waits for a host of its run [s]. */
const recordsKept = 7 * 24 * 3600;
/** Of messages that wait for their hosts [bytes]. */
const mostRecords = 256 * 1024 * 1024;

type Declared = Partial<StreamConfig> & Pick<StreamConfig, "name">;

const ticketStream = (replicas: number): Declared => ({
  name: training.name,
  subjects: [`${training.jobs}.>`],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  discard_new_per_subject: true,
  max_msgs_per_subject: 1,
  duplicate_window: seconds(deduplicated),
  num_replicas: replicas,
});

const recordStream = (replicas: number): Declared => ({
  name: recordsOf.name,
  subjects: [recordsOf.subjects],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_age: seconds(recordsKept),
  max_bytes: mostRecords,
  duplicate_window: seconds(repeated),
  num_replicas: replicas,
});

export const objectOptions = (replicas: number) => ({
  storage: StorageType.File,
  ttl: seconds(objectsKept),
  replicas,
});

/** Of a bucket, in the units of the key-value client [ms]. */
export const leaseOptions = (replicas: number, ttlSeconds: number) => ({
  history: 1,
  ttl: ttlSeconds * 1000,
  storage: StorageType.File,
  replicas,
});

export const holderOptions = (replicas: number) => ({ history: 1, storage: StorageType.File, replicas });

/** What differs between a stream as it is and as it was declared, for people. */
export const differences = (actual: Partial<StreamConfig>, declared: Partial<StreamConfig>): string[] =>
  Object.entries(declared).flatMap(([key, wanted]) => {
    const found = actual[key as keyof StreamConfig];
    if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
    return [`${key} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
  });

const isMissing = (cause: unknown): boolean => cause instanceof JetStreamApiError && cause.code === 10059;

/** Makes the stream unless it exists, and reads it back. @returns what differs from its declaration. */
const declare = async (manager: JetStreamManager, declared: Declared): Promise<string[]> => {
  const info = await manager.streams.info(declared.name).catch((cause: unknown) => {
    if (isMissing(cause)) return manager.streams.add(declared);
    throw cause;
  });
  return differences(info.config, declared).map((what) => `stream ${declared.name}: ${what}`);
};

export const declareTickets = (manager: JetStreamManager, replicas: number): Promise<string[]> =>
  declare(manager, ticketStream(replicas));

export const declareRecords = (manager: JetStreamManager, replicas: number): Promise<string[]> =>
  declare(manager, recordStream(replicas));

/** Has the keys of a bucket expire after as long, also where it was made otherwise. */
export const setLifetime = async (
  manager: JetStreamManager,
  stream: string,
  ttlSeconds: number,
): Promise<void> => {
  const { config } = await manager.streams.info(stream);
  const max_age = seconds(ttlSeconds);
  if (config.max_age === max_age) return;
  // A server refuses a longer window than the lifetime.
  await manager.streams.update(stream, { max_age, duplicate_window: Math.min(max_age, seconds(repeated)) });
};

/** Reads the stream behind a bucket back. @returns what differs from its declaration. */
export const bucketDifferences = async (
  manager: JetStreamManager,
  stream: string,
  declared: Partial<StreamConfig>,
): Promise<string[]> => {
  const { config } = await manager.streams.info(stream);
  return differences(config, declared).map((what) => `stream ${stream}: ${what}`);
};
