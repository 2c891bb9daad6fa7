/** The lease of a run at its NATS server: one host writes its journal, and a standby may wait for it. */
import { hostname } from "node:os";
import type { Config } from "../../runtime/config/config.ts";
import type { Lease } from "../../runtime/jetstream/lease.ts";

export interface LeaseWish {
  /** Waits for the host's end, however long that takes. */
  readonly isStandby: boolean;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A host that was killed holds its lease until it expires: whoever resumes its run waits that long, and a moment [s]. */
const moment = 2;

/**
 * Undefined where the bus stays in the process, the server keeps no leases (which is said), or the signal ends the wait.
 * @throws LeaseError AGORA_LEASE_HELD; for a standby also AGORA_LEASE_UNAVAILABLE
 */
export const leaseOf = async (
  config: Config,
  { isStandby, say, signal }: LeaseWish,
): Promise<Lease | undefined> => {
  const { nats, natsKey, natsCa, natsReplicas, run } = config;
  if (nats === undefined) return undefined;
  const { LeaseError, takeLease } = await import("../../runtime/jetstream/lease.ts");
  const { leases } = await import("../../runtime/jetstream/stores.ts");
  try {
    const lease = await takeLease({
      ...{ servers: nats, keyFile: natsKey, caFile: natsCa, replicas: natsReplicas, run, signal },
      holder: `${hostname()} (process ${process.pid})`,
      waitSeconds: isStandby ? undefined : leases.ttlSeconds + moment,
      onWait: (holder) => say(`Waiting for ${holder}, which hosts run ${run} …`),
    });
    for (const difference of lease?.differences ?? []) say(`NATS: ${difference}`);
    return lease;
  } catch (cause) {
    if (isStandby || !(cause instanceof LeaseError) || cause.code !== "AGORA_LEASE_UNAVAILABLE") throw cause;
    say(`NATS: ${cause.problem}: no standby can take over`);
    return undefined;
  }
};
