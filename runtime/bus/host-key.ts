/** Whether the server lets a connection speak as a host, before anybody relies on it: refusals come without an answer. */
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { BusError } from "./bus.ts";
import type { NatsAccess } from "./nats-address.ts";

/** [ms] */
const patience = 2_000;

/** Only the host's key may publish it (runtime/wire/permissions.ts). Messages have six tokens: nobody hears it. */
const probeSubject = (run: string): string => `agora.${run}.echo.${randomUUID()}`;

const isForbidden = (cause: unknown): boolean =>
  cause instanceof PermissionViolationError || (cause instanceof Error && isForbidden(cause.cause));

const hostKeyError = ({ keyFile }: Pick<NatsAccess, "keyFile">, cause: unknown): BusError => {
  const [user, key] =
    keyFile === undefined
      ? ["this user", "host.nk"]
      : [`the key in ${keyFile}`, join(dirname(keyFile), "host.nk")];
  return new BusError("AGORA_BUS_KEY", `the NATS server does not let ${user} host a run`, {
    fix: `set natsKey to the host's key, ${key} (agora keys makes it)`,
    cause,
  });
};

/** @throws BusError AGORA_BUS_KEY */
export const assertHostKey = async (
  connection: NatsConnection,
  access: Pick<NatsAccess, "keyFile">,
  run: string,
): Promise<void> => {
  try {
    await connection.request(probeSubject(run), new Uint8Array(), { timeout: patience });
  } catch (cause) {
    // Where it is let, nobody answers.
    if (isForbidden(cause)) throw hostKeyError(access, cause);
  }
};
