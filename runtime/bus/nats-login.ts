/** How to log in to NATS servers: addresses, the key file and the certificate authority become the client's options. */
import { readFileSync } from "node:fs";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import {
  type ConnectionOptions,
  nkeyAuthenticator,
  nkeys,
  type ReconnectToServerHandler,
} from "@nats-io/transport-node";
import { BusError } from "./bus.ts";
import { addressesOf, inboxOf, type NatsAccess } from "./nats-address.ts";

const unusableKey = (file: string, cause: unknown): BusError =>
  new BusError("AGORA_BUS_KEY", `there is no usable key in ${file.replace(/S[A-Z][A-Z2-7]{50,}/, "…")}`, {
    expected: "a file with the seed of an nkey",
    fix: "make one: agora keys <folder> --agents <names>",
    cause,
  });

/** Reads a seed; no error and no message shows it. @throws BusError AGORA_BUS_KEY */
const readSeed = (file: string): { seed: Uint8Array; publicKey: string } => {
  try {
    const seed = new TextEncoder().encode(readFileSync(file, "utf8").trim());
    return { seed, publicKey: nkeys.fromSeed(seed).getPublicKey() };
  } catch (cause) {
    // Only the file system's code: the client's error could show a part of the file.
    throw unusableKey(file, cause instanceof Error && "code" in cause ? cause.code : undefined);
  }
};

export const publicKeyIn = (file: string): string => readSeed(file).publicKey;

const keyOptions = (file: string | undefined): ConnectionOptions => {
  if (file === undefined) return {};
  const { seed, publicKey } = readSeed(file);
  return { authenticator: nkeyAuthenticator(() => seed), inboxPrefix: inboxOf(publicKey) };
};

/** The client passes on to Node what its own type does not name. */
type Encryption = NonNullable<ConnectionOptions["tls"]> & {
  readonly checkServerIdentity: typeof checkServerIdentity;
};

/**
 * The client gives Node no name of a server that is addressed by its IP, and Node then compares the certificate with
 * `localhost`: it has to be for one of the addresses instead.
 */
const encryption = (servers: readonly string[], caFile: string | undefined): Encryption => {
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[|\]$/g, ""));
  const identify = (host: string, certificate: PeerCertificate): Error | undefined => {
    const found = (hosts.includes(host) ? [host] : hosts).map((each) =>
      checkServerIdentity(each, certificate),
    );
    return found.includes(undefined) ? undefined : found[0];
  };
  return { checkServerIdentity: identify, ...(caFile === undefined ? {} : { caFile }) };
};

/** Before a server is tried again that has just failed [ms]. */
export const pauseBeforeRetry = 200;

/** No pause before the first try of a server, nor before the first one after its loss. */
const withPause: ReconnectToServerHandler = ([server]) =>
  server === undefined || server.reconnects === 0 ? null : { server, delay: pauseBeforeRetry };

/**
 * Options of the client for `connect`, which then reconnects without limit. The client's own pause between two tries
 * ends when the wall clock says so: a clock that is set back would keep it from the server for as long. The pause here
 * is a timer's.
 *
 * With `tls://` or an authority it refuses a server that does not encrypt.
 */
export const connectionOptions = ({ servers, keyFile, caFile }: NatsAccess): ConnectionOptions => {
  const addresses = addressesOf(servers);
  const isSecret = caFile !== undefined || addresses.some((address) => address.isSecret);
  return {
    ...addresses[0]?.credentials,
    ...keyOptions(keyFile),
    ...(isSecret
      ? {
          tls: encryption(
            addresses.map(({ server }) => server),
            caFile,
          ),
        }
      : {}),
    servers: addresses.map(({ server }) => server),
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => Number.NEGATIVE_INFINITY,
    reconnectToServer: withPause,
    // A busy server also refuses who logs in late: two such refusals would close a connection for good.
    ignoreAuthErrorAbort: true,
  };
};
