/** Reads the addresses of NATS servers. */
import type { ConnectionOptions } from "@nats-io/transport-node";

/** Splits the credentials from an address: the client ignores credentials inside it. */
export const splitAddress = (address: string): { server: string; credentials: ConnectionOptions } => {
  const url = new URL(address.includes("://") ? address : `nats://${address}`);
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const server = `${url.protocol}//${url.host}`;
  if (user === "") return { server, credentials: {} };
  return { server, credentials: pass === "" ? { token: user } : { user, pass } };
};
