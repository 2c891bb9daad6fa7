/** Turns the errors of the NATS client into `BusError`s. */
import {
  AuthorizationError,
  ClosedConnectionError,
  DrainingConnectionError,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";
import { BusError, closedError, noRespondersError, timeoutError } from "./bus.ts";
import type { PendingLimits } from "./delivery-queue.ts";
import { type NatsAccess, shownServers } from "./nats-address.ts";

/** The link broke while the client waited for the server. */
export const isLinkLoss = (cause: unknown): boolean =>
  cause instanceof RequestError && cause.message === "connection disconnected";

export const requestError = (cause: unknown, subject: string, timeoutMilliseconds: number): unknown => {
  if (cause instanceof BusError) return cause;
  if (cause instanceof TimeoutError) return timeoutError(subject, timeoutMilliseconds);
  if (cause instanceof RequestError && cause.isNoResponders()) return noRespondersError(subject);
  if (cause instanceof ClosedConnectionError || cause instanceof DrainingConnectionError)
    return closedError(cause);
  if (cause instanceof RequestError && cause.message === "connection closed") return closedError(cause);
  return new BusError("AGORA_BUS_REFUSED", `the server refused ${subject}: ${String(cause)}`, { cause });
};

/** More is published than can wait for a server that is away. */
export const overflowError = ({ deliveries, bytes }: PendingLimits): BusError =>
  new BusError(
    "AGORA_BUS_REFUSED",
    `more than ${deliveries} payloads or ${bytes} bytes wait for the server, and the oldest of them are lost`,
    { fix: "bring the NATS server back" },
  );

/** Neither the addresses nor the reason show credentials. */
export const connectError = (access: Pick<NatsAccess, "servers">, cause: unknown): BusError => {
  const [servers, reason] = [shownServers(access), cause instanceof Error ? cause.message : String(cause)];
  if (cause instanceof AuthorizationError) {
    return new BusError("AGORA_BUS_CONNECT", `the NATS server at ${servers} lets in only users it knows`, {
      fix: "name the file of a key that it knows with natsKey (agora keys makes keys)",
      cause,
    });
  }
  return new BusError("AGORA_BUS_CONNECT", `no NATS server answers at ${servers} (${reason})`, {
    fix: "start one with `nats-server -c nats.conf`",
    cause,
  });
};
