/** One process of llama.cpp's server, on a port of its own, with the adapters that it was started with. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AgoraError } from "../../../runtime/agora-error.ts";
import { healthAt } from "../health.ts";
import { ServerProcess } from "../server-process.ts";
import type { Watchdog } from "../watchdog.ts";

/** Between two looks at a server that starts [ms]. */
const LOOK = 100;
/** Between SIGTERM and SIGKILL [ms]. */
const GRACE = 5_000;

export class LlamaServerError extends AgoraError<"llama_server_ended"> {}

export interface LlamaServerOptions {
  /** The program with its arguments, without port and adapters. */
  readonly argv: readonly string[];
  readonly watchdog: Watchdog;
  readonly onLine: (line: string) => void;
}

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

export class LlamaServer {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly #process: ServerProcess;

  private constructor(url: string, process: ServerProcess) {
    this.url = url;
    this.#process = process;
  }

  /**
   * Resolves once the server is healthy. `files`: adapters in GGUF, in the order of their places.
   * @throws LlamaServerError if the program ends before
   */
  static async start(options: LlamaServerOptions, files: readonly string[]): Promise<LlamaServer> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const argv: [string, ...string[]] = [
      ...([options.argv[0] ?? "llama-server", ...options.argv.slice(1)] as [string, ...string[]]),
      ...["--port", String(port)],
      ...files.flatMap((file) => ["--lora", file]),
    ];
    const process = new ServerProcess({
      command: {
        ...{ name: "llama-server", argv, environment: {}, borrowed: {}, folder: undefined, gpus: undefined },
        ...{ port, health: `${url}/health`, startSeconds: 0, restarts: 0 },
      },
      ...{ watchdog: options.watchdog, environment: globalThis.process.env, onLine: options.onLine },
    });
    const server = new LlamaServer(url, process);
    while ((await healthAt(`${url}/health`)) !== "healthy") {
      if (process.ending) throw server.#error(process.ending.cause);
      await Promise.race([sleep(LOOK), process.ended]);
    }
    return server;
  }

  /** Resolves when the program has ended, with the reason. */
  get ended(): Promise<LlamaServerError> {
    return this.#process.ended.then(({ cause }) => this.#error(cause));
  }

  stop(): Promise<void> {
    return this.#process.stop(GRACE);
  }

  #error(cause: string): LlamaServerError {
    const { lastLines } = this.#process;
    const said = lastLines === "" ? "" : `: ${lastLines}`;
    return new LlamaServerError("llama_server_ended", `llama.cpp's server ${cause}${said}`);
  }
}
