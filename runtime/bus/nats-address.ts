/** Addresses of NATS servers as people write them. */
import type { ConnectionOptions } from "@nats-io/transport-node";

/** The address without credentials, and the credentials: the client does not look for them in the address. */
export const splitAddress = (address: string): { server: string; credentials: ConnectionOptions } => {
  const url = new URL(address.includes("://") ? address : `nats://${address}`);
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const server = `${url.protocol}//${url.host}`;
  if (user === "") return { server, credentials: {} };
  return { server, credentials: pass === "" ? { token: user } : { user, pass } };
};
