/** One process of llama.cpp's server, on a port of its own, with the adapters that it was started with. */
import { setTimeout as sleep } from "node:timers/promises";
import { AgoraError } from "../../../runtime/agora-error.ts";
import { freePort, healthAt } from "../health.ts";
import { ServerProcess } from "../server-process.ts";
import type { Watchdog } from "../watchdog.ts";

/** Between two looks at a server that starts [ms]. */
const LOOK = 100;
/** Between SIGTERM and SIGKILL [ms]. */
const GRACE = 5_000;

export class LlamaServerError extends AgoraError<"llama_server_ended" | "llama_server_slow"> {}

export interface LlamaServerOptions {
  /** The program with its arguments, without port and adapters. */
  readonly argv: readonly string[];
  /** Longest time from start to health [s]. */
  readonly startSeconds: number;
  readonly watchdog: Watchdog;
  readonly onLine: (line: string) => void;
}

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
   * @throws LlamaServerError if the program ends before, or is not healthy in time
   */
  static async start(options: LlamaServerOptions, files: readonly string[]): Promise<LlamaServer> {
    const { argv: given, startSeconds, watchdog, onLine } = options;
    const [program = "llama-server", ...rest] = given;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const adapters = files.flatMap((file) => ["--lora", file]);
    const argv = [program, ...rest, "--port", String(port), ...adapters] as const;
    const process = new ServerProcess({
      command: {
        ...{ name: "llama-server", argv, environment: {}, borrowed: {}, folder: undefined, gpus: undefined },
        ...{ port, health: `${url}/health`, startSeconds, restarts: 0 },
      },
      ...{ watchdog, environment: globalThis.process.env, onLine },
    });
    const server = new LlamaServer(url, process);
    await server.#healthy(startSeconds);
    return server;
  }

  /** Resolves when the program has ended, with the reason. */
  get ended(): Promise<LlamaServerError> {
    return this.#process.ended.then(({ cause }) => this.#error(cause));
  }

  async #healthy(seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while ((await healthAt(`${this.url}/health`)) !== "healthy") {
      if (this.#process.ending) throw this.#error(this.#process.ending.cause);
      if (performance.now() > deadline) {
        await this.stop();
        throw new LlamaServerError(
          "llama_server_slow",
          `llama.cpp's server was not healthy after ${seconds} s`,
        );
      }
      await Promise.race([sleep(LOOK), this.#process.ended]);
    }
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
