/** What a command says where the NATS server believes everybody. */
import { hasCredentials, shownServers } from "../../runtime/bus/nats-address.ts";
import type { Config } from "../../runtime/config/config.ts";

/** Undefined where the bus is in the process, or the run has a key or a password for the server. */
export const openServerNotice = ({ nats, natsKey }: Pick<Config, "nats" | "natsKey">): string | undefined => {
  if (nats === undefined || hasCredentials({ servers: nats, keyFile: natsKey })) return undefined;
  const reach = `without a key: anybody who reaches ${shownServers({ servers: nats })} can speak as anybody in this run`;
  return `NATS ${reach} (agora keys makes keys)`;
};
