/**
 * Supervises one server: starts it, watches it, restarts it when it fails, and stops it.
 *
 * 1. A server whose first start fails is not restarted: its command or configuration has to be corrected.
 * 2. The pause before a restart doubles with each failure; after a long healthy time the count starts again.
 * 3. `lost` resolves at most once, with the error after which the server stays down. `stop` does not resolve it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { healthAt, isFree } from "./health.ts";
import type { ServerCommand } from "./server-command.ts";
import { ServerError } from "./server-error.ts";
import type { ServerLog } from "./server-log.ts";
import { type Ending, ServerProcess } from "./server-process.ts";
import type { Watchdog } from "./watchdog.ts";

/** All in [ms]. */
export interface Pace {
  /** Between two health checks of a starting server. */
  readonly look: number;
  /** Between two health checks of a healthy server. */
  readonly watch: number;
  /** Between two progress lines of a start. */
  readonly report: number;
  /** Before the first restart; doubles with every failure. */
  readonly pause: number;
  /** Healthy time after which earlier failures no longer count. */
  readonly steady: number;
  /** Between SIGTERM and SIGKILL. */
  readonly grace: number;
}

export const defaultPace: Pace = {
  look: 250,
  watch: 10_000,
  report: 10_000,
  pause: 2_000,
  steady: 300_000,
  grace: 10_000,
};

export interface KeptServerOptions {
  readonly command: ServerCommand;
  readonly watchdog: Watchdog;
  readonly log: ServerLog;
  readonly environment: NodeJS.ProcessEnv;
  readonly pace?: Partial<Pace>;
}

/** Consecutive failed health checks (5xx) after which a server is restarted. */
const UNHEALTHY_CHECKS = 3;

export class KeptServer {
  /** Resolves when the server stays down. */
  readonly lost: Promise<ServerError>;
  readonly name: string;
  readonly #options: KeptServerOptions;
  readonly #pace: Pace;
  readonly #stopping = new AbortController();
  readonly #lose: (error: ServerError) => void;
  #process: ServerProcess | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(options: KeptServerOptions) {
    this.name = options.command.name;
    this.#options = options;
    this.#pace = { ...defaultPace, ...options.pace };
    const { promise, resolve } = Promise.withResolvers<ServerError>();
    this.lost = promise;
    this.#lose = resolve;
  }

  /** Resolves once the server is healthy. @throws ServerError; then the server is stopped. */
  async start(): Promise<void> {
    await this.#begin();
    this.#supervision = this.#keep().catch((error: unknown) => {
      if (error instanceof ServerError) this.#lose(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(this.#pace.grace);
    await this.#supervision;
  }

  /** Starts the process once; resolves when it is healthy. */
  async #begin(): Promise<void> {
    const { command, watchdog, log, environment } = this.#options;
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const free = await isFree(command.port);
    signal.throwIfAborted();
    if (!free) throw new ServerError("server.port", this.name, `port ${command.port} is in use`);
    const process = new ServerProcess({ command, watchdog, environment, onLine: log.output });
    this.#process = process;
    try {
      await this.#untilHealthy(process);
    } catch (error) {
      await process.stop(this.#pace.grace);
      throw error;
    }
    log.note(`healthy at ${command.health}`);
  }

  async #untilHealthy(process: ServerProcess): Promise<void> {
    const { command, log } = this.#options;
    const { signal } = this.#stopping;
    const startedAt = performance.now();
    for (let reports = 1; ; ) {
      const health = await healthAt(command.health, signal);
      signal.throwIfAborted();
      const { ending } = process;
      if (ending !== undefined) throw this.#failure(ending, `${ending.cause} before it was healthy`);
      if (health === "healthy") return;
      const waited = performance.now() - startedAt;
      if (waited > command.startSeconds * 1000) throw this.#startTimeout();
      if (waited > reports * this.#pace.report) {
        log.note(`not healthy yet after ${Math.round(waited / 1000)} s of at most ${command.startSeconds}`);
        reports += 1;
      }
      await Promise.race([sleep(this.#pace.look), process.ended]);
    }
  }

  /** Watches and restarts the server until it has failed too often or is stopped. */
  async #keep(): Promise<void> {
    for (let failures = 0; ; ) {
      const since = performance.now();
      const cause = await this.#failed();
      if (this.#stopping.signal.aborted) return;
      const isSteady = performance.now() - since > this.#pace.steady;
      failures = await this.#restart(cause, isSteady ? 1 : failures + 1);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Restarts until a start succeeds; resolves with the failures so far. @throws ServerError if there are too many. */
  async #restart(cause: string, failures: number): Promise<number> {
    const { log, command } = this.#options;
    if (failures > command.restarts) throw this.#failure(this.#process?.ending, `${cause} too often`);
    const pause = this.#pace.pause * 2 ** (failures - 1);
    log.note(`${cause}; restarting in ${pause / 1000} s (${failures} of at most ${command.restarts})`);
    await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
    try {
      await this.#begin();
      return failures;
    } catch (error) {
      if (this.#stopping.signal.aborted) return failures;
      return this.#restart(error instanceof Error ? error.message : String(error), failures + 1);
    }
  }

  /** Resolves with the cause once the process has ended or has been unhealthy for too long. */
  async #failed(): Promise<string> {
    const process = this.#process;
    for (let unhealthy = 0; process !== undefined && unhealthy < UNHEALTHY_CHECKS; ) {
      await Promise.race([process.ended, sleep(this.#pace.watch, undefined, { ref: false })]);
      if (process.ending !== undefined) return process.ending.cause;
      unhealthy = (await healthAt(this.#options.command.health)) === "unhealthy" ? unhealthy + 1 : 0;
    }
    await process?.stop(this.#pace.grace);
    return "its health checks failed";
  }

  #failure(ending: Ending | undefined, problem: string): ServerError {
    const code = ending?.missing ? "server.program" : "server.died";
    const [program] = this.#options.command.argv;
    return new ServerError(
      code,
      this.name,
      ending?.missing ? `${program} ${problem}` : this.#withLastLines(problem),
    );
  }

  #startTimeout(): ServerError {
    const problem = `not healthy within ${this.#options.command.startSeconds} s`;
    return new ServerError("server.late", this.name, this.#withLastLines(problem));
  }

  #withLastLines(problem: string): string {
    const words = this.#options.log.redacted(this.#process?.lastLines ?? "");
    return `${problem}; ${words === "" ? "it printed nothing" : `its last lines: ${words}`}`;
  }
}
