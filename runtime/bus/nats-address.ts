/** Where NATS servers are, and whether a client shows them who it is. */
import type { ConnectionOptions } from "@nats-io/transport-node";

export type NatsAccess = {
  /** Such as `nats://127.0.0.1:4222`, `tls://host`, `nats://user:password@host` or `nats://token@host`; a list for a
   *  cluster. */
  readonly servers: string | readonly string[];
  /** File with the seed of an nkey, as `agora keys` writes it. */
  readonly keyFile?: string | undefined;
  /** Certificates (PEM) of the authority that has signed the servers'. Default: those that Node trusts. */
  readonly caFile?: string | undefined;
};

type Address = {
  readonly server: string;
  readonly isSecret: boolean;
  readonly credentials: ConnectionOptions;
};

/** Splits the credentials from an address: the client ignores credentials inside it. */
const splitAddress = (address: string): Address => {
  const url = new URL(address.includes("://") ? address : `nats://${address}`);
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const server = `${url.protocol}//${url.host}`;
  const isSecret = url.protocol === "tls:";
  if (user === "") return { server, isSecret, credentials: {} };
  return { server, isSecret, credentials: pass === "" ? { token: user } : { user, pass } };
};

export const addressesOf = (servers: NatsAccess["servers"]): Address[] =>
  [servers]
    .flat()
    .flatMap((each) => each.split(","))
    .map(splitAddress);

/** The addresses without their credentials, for messages. */
export const shownServers = ({ servers }: Pick<NatsAccess, "servers">): string =>
  addressesOf(servers)
    .map(({ server }) => server)
    .join(", ");

/** Whether the client proves who it is; a server without users lets anybody speak as anybody. */
export const hasCredentials = ({ servers, keyFile }: NatsAccess): boolean =>
  keyFile !== undefined ||
  addressesOf(servers).some(({ credentials }) => Object.keys(credentials).length > 0);

/** Answers come back on subjects that the permissions of other keys exclude. */
export const inboxOf = (publicKey: string): string => `_INBOX.${publicKey}`;
