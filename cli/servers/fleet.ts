/**
 * The servers of one configuration, started and stopped together.
 *
 * 1. Servers on the same GPU start one after another, because each measures the free memory at its start.
 * 2. Every started server is stopped when a start fails or the fleet stops.
 */

import { KeptServer, type Pace } from "./kept-server.ts";
import type { ServerCommand } from "./server-command.ts";
import type { ServerError } from "./server-error.ts";
import { ServerLog } from "./server-log.ts";
import { Watchdog } from "./watchdog.ts";

export interface FleetOptions {
  /** Folder of the servers' logs. */
  readonly logs: string;
  readonly print: (line: string) => void;
  /** Called when a server stays down; the others continue. */
  readonly onLost?: (error: ServerError) => void;
  /** Default: the environment of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly pace?: Partial<Pace>;
}

const secretsOf = (commands: readonly ServerCommand[], environment: NodeJS.ProcessEnv): string[] =>
  commands.flatMap(({ borrowed }) => Object.values(borrowed).flatMap((name) => environment[name] || []));

/** Groups the servers that must start one after another. Servers without `gpus` count as users of GPU 0. */
const lanesOf = (servers: readonly (readonly [ServerCommand, KeptServer])[]): KeptServer[][] => {
  const lanes: { gpus: Set<number>; servers: KeptServer[] }[] = [];
  for (const [{ gpus = [0] }, server] of servers) {
    const shared = lanes.filter((lane) => gpus.some((gpu) => lane.gpus.has(gpu)));
    const merged = {
      gpus: new Set([...gpus, ...shared.flatMap((lane) => [...lane.gpus])]),
      servers: [...shared.flatMap((lane) => lane.servers), server],
    };
    lanes.splice(0, lanes.length, ...lanes.filter((lane) => !shared.includes(lane)), merged);
  }
  return lanes.map((lane) => lane.servers);
};

export class Fleet {
  readonly #watchdog = new Watchdog();
  readonly #servers: readonly (readonly [ServerCommand, KeptServer])[];
  readonly #logs: readonly ServerLog[];
  #stopped: Promise<void> | undefined;

  constructor(commands: readonly ServerCommand[], options: FleetOptions) {
    const { environment = process.env, pace = {}, print, logs: folder } = options;
    const width = Math.max(...commands.map(({ name }) => name.length));
    const secrets = secretsOf(commands, environment);
    const logs = commands.map(({ name }) => new ServerLog({ name, folder, secrets, print, width }));
    this.#logs = logs;
    this.#servers = commands.map((command, index) => {
      const log = logs[index] as ServerLog;
      const server = new KeptServer({ command, watchdog: this.#watchdog, log, environment, pace });
      void server.lost.then((error) => options.onLost?.(error));
      return [command, server] as const;
    });
  }

  /** Resolves once every server is healthy. If one fails, all are stopped. @throws ServerError of the first failure. */
  async start(): Promise<void> {
    try {
      await Promise.all(
        lanesOf(this.#servers).map(async (lane) => {
          for (const server of lane) await server.start();
        }),
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.#servers.map(([, server]) => server.stop()));
    await Promise.all(this.#logs.map((log) => log.close()));
    this.#watchdog.close();
  }
}
