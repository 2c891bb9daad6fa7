/** Turns the errors of the NATS client into `BusError`s. */
import {
  ClosedConnectionError,
  DrainingConnectionError,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";
import { BusError, closedError, noRespondersError, timeoutError } from "./bus.ts";

export const requestError = (cause: unknown, subject: string, timeoutMilliseconds: number): unknown => {
  if (cause instanceof BusError) return cause;
  if (cause instanceof TimeoutError) return timeoutError(subject, timeoutMilliseconds);
  if (cause instanceof RequestError && cause.isNoResponders()) return noRespondersError(subject);
  if (cause instanceof ClosedConnectionError || cause instanceof DrainingConnectionError)
    return closedError(cause);
  if (cause instanceof RequestError && cause.message === "connection closed") return closedError(cause);
  return new BusError("AGORA_BUS_REFUSED", `the server refused ${subject}: ${String(cause)}`, { cause });
};

export const connectError = (servers: readonly string[], cause: unknown): BusError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BusError("AGORA_BUS_CONNECT", `no NATS server answers at ${servers.join(", ")} (${reason})`, {
    fix: "start one with `nats-server -c nats.conf`",
    cause,
  });
};
