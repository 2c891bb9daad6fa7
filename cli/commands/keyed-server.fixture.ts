/** Starts a nats-server that lets in only users with a key, with the repository's nats.conf. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "../../runtime/bus/bus.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { type NatsServer, startNatsServer } from "../../runtime/bus/nats-server.fixture.ts";
import { writeKeys } from "./keys.ts";

const example = join(import.meta.dirname, "../../nats.conf");

export interface KeyedServer extends NatsServer {
  keyOf(user: string): string;
  /** A connection with the user's key. */
  connectAs(user: string): Promise<Bus>;
}

export const startKeyedServer = async (
  agents: readonly string[],
  { jetStream = true }: { readonly jetStream?: boolean } = {},
): Promise<KeyedServer> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-keys-"));
  mkdirSync(join(folder, "keys"));
  writeKeys(join(folder, "keys"), agents);
  const configuration = readFileSync(example, "utf8")
    .replace("# include keys/users.conf", "include keys/users.conf")
    .replace(/^jetstream \{[^}]*\}/m, (block) =>
      jetStream ? block.replace("runs/jetstream", join(folder, "jetstream")) : "",
    );
  writeFileSync(join(folder, "nats.conf"), configuration);
  const server = await startNatsServer(["-c", join(folder, "nats.conf")]);
  const keyOf = (user: string): string => join(folder, "keys", `${user}.nk`);
  return {
    ...server,
    keyOf,
    connectAs: (user) =>
      connectNatsBus({ servers: server.url, keyFile: keyOf(user), connectTimeoutMilliseconds: 20_000 }),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
