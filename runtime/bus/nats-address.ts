/** Where NATS servers are, and whether a client shows them who it is. */
import type { ConnectionOptions } from "@nats-io/transport-node";
import { BusError } from "./bus.ts";

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

/**
 * Splits the credentials from an address: the client ignores credentials inside it. Undefined if it is none; the reason
 * would show them.
 */
const splitAddress = (address: string): Address | undefined => {
  try {
    const url = new URL(address.includes("://") ? address : `nats://${address}`);
    const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    const server = `${url.protocol}//${url.host}`;
    const isSecret = url.protocol === "tls:";
    if (user === "") return { server, isSecret, credentials: {} };
    return { server, isSecret, credentials: pass === "" ? { token: user } : { user, pass } };
  } catch {
    return undefined;
  }
};

const listOf = (servers: NatsAccess["servers"]): string[] =>
  [servers].flat().flatMap((each) => each.split(","));

/** Of addresses that cannot be read: up to the last @ before the next address anything may be a password. */
const withoutCredentials = (servers: readonly string[]): string =>
  servers.join(",").replaceAll(/(^|:\/\/)(?:(?!:\/\/).)*@/gs, "$1");

interface AddressFault {
  readonly problem: string;
  readonly expected: string;
  readonly fix: string;
}

/** Why no client can use the addresses; undefined if one can. */
export const addressFault = (servers: NatsAccess["servers"]): AddressFault | undefined => {
  const list = listOf(servers);
  if (list.every((address) => splitAddress(address) !== undefined)) return undefined;
  return {
    problem: `${withoutCredentials(list)} is no address of a NATS server`,
    expected: "a URL such as nats://127.0.0.1:4222, with a port up to 65535",
    fix: "correct it (key nats, --nats or NATS_URL); in a name or a password write @ as %40, / as %2F, % as %25",
  };
};

/** @throws BusError AGORA_BUS_ADDRESS */
export const addressesOf = (servers: NatsAccess["servers"]): Address[] => {
  const fault = addressFault(servers);
  if (fault !== undefined) throw new BusError("AGORA_BUS_ADDRESS", fault.problem, fault);
  return listOf(servers).flatMap((address) => splitAddress(address) ?? []);
};

/** The addresses without their credentials, for messages. @throws as `addressesOf` */
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
