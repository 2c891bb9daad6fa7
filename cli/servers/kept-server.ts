/**
 * One server that is kept up: started, watched, started again when it dies, and stopped.
 *
 * 1. A server that never became healthy is not started again: what it needs is a correction, not patience.
 * 2. Between two lives there is a pause that doubles; a long healthy life forgives the deaths before it.
 * 3. `lost` resolves at most once: with the error after which the server stays down. Stopping is no loss.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Guard } from "./guard.ts";
import { healthAt, isFree } from "./health.ts";
import type { ServerCommand } from "./server-command.ts";
import { ServerError } from "./server-error.ts";
import type { ServerLog } from "./server-log.ts";
import { type Ending, ServerProcess } from "./server-process.ts";

/** All in [ms]. */
export interface Pace {
  /** Between two looks at a server that starts. */
  readonly look: number;
  /** Between two looks at a healthy one. */
  readonly watch: number;
  /** Between two lines that say how a start goes. */
  readonly report: number;
  /** Before the second life; doubles with every death. */
  readonly pause: number;
  /** A healthy life of this length forgives earlier deaths. */
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
  readonly guard: Guard;
  readonly log: ServerLog;
  readonly environment: NodeJS.ProcessEnv;
  readonly pace?: Partial<Pace>;
}

/** Looks in a row that must find a server ill before it is taken for dead. */
const ILL_LOOKS = 3;

export class KeptServer {
  /** Resolves where the server stays down. */
  readonly lost: Promise<ServerError>;
  readonly name: string;
  readonly #options: KeptServerOptions;
  readonly #pace: Pace;
  readonly #stopping = new AbortController();
  readonly #lose: (error: ServerError) => void;
  #process: ServerProcess | undefined;
  #life: Promise<void> = Promise.resolve();

  constructor(options: KeptServerOptions) {
    this.name = options.command.name;
    this.#options = options;
    this.#pace = { ...defaultPace, ...options.pace };
    const { promise, resolve } = Promise.withResolvers<ServerError>();
    this.lost = promise;
    this.#lose = resolve;
  }

  /** Resolves once the server is healthy. @throws ServerError; the server is down again. */
  async start(): Promise<void> {
    await this.#begin();
    this.#life = this.#keep().catch((error: unknown) => {
      if (error instanceof ServerError) this.#lose(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(this.#pace.grace);
    await this.#life;
  }

  /** Starts one life; resolves once it is healthy. */
  async #begin(): Promise<void> {
    const { command, guard, log, environment } = this.#options;
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const free = await isFree(command.port);
    signal.throwIfAborted();
    if (!free) throw new ServerError("server.port", this.name, `port ${command.port} is in use`);
    const process = new ServerProcess({ command, guard, environment, onLine: log.said });
    this.#process = process;
    try {
      await this.#untilHealthy(process);
    } catch (error) {
      await process.stop(this.#pace.grace);
      throw error;
    }
    log.tell(`healthy at ${command.health}`);
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
      if (health === "well") return;
      const waited = performance.now() - startedAt;
      if (waited > command.startSeconds * 1000) throw this.#late();
      if (waited > reports * this.#pace.report) {
        log.tell(`not healthy yet after ${Math.round(waited / 1000)} s of at most ${command.startSeconds}`);
        reports += 1;
      }
      await Promise.race([sleep(this.#pace.look), process.ended]);
    }
  }

  /** Watches one life after another until the budget of deaths is spent or the server is stopped. */
  async #keep(): Promise<void> {
    for (let deaths = 0; ; ) {
      const since = performance.now();
      const cause = await this.#death();
      if (this.#stopping.signal.aborted) return;
      const isSteady = performance.now() - since > this.#pace.steady;
      deaths = await this.#revive(cause, isSteady ? 1 : deaths + 1);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Starts again until that works; resolves with the deaths so far. @throws ServerError once they are too many. */
  async #revive(cause: string, deaths: number): Promise<number> {
    const { log, command } = this.#options;
    if (deaths > command.restarts) throw this.#failure(this.#process?.ending, `${cause}, for good`);
    const pause = this.#pace.pause * 2 ** (deaths - 1);
    log.tell(`${cause}; starting again in ${pause / 1000} s (${deaths} of at most ${command.restarts})`);
    await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
    try {
      await this.#begin();
      return deaths;
    } catch (error) {
      if (this.#stopping.signal.aborted) return deaths;
      return this.#revive(error instanceof Error ? error.message : String(error), deaths + 1);
    }
  }

  /** Resolves with the cause once the present life is over, or the server says for long that it cannot serve. */
  async #death(): Promise<string> {
    const process = this.#process;
    for (let ill = 0; process !== undefined && ill < ILL_LOOKS; ) {
      await Promise.race([process.ended, sleep(this.#pace.watch, undefined, { ref: false })]);
      if (process.ending !== undefined) return process.ending.cause;
      ill = (await healthAt(this.#options.command.health)) === "ill" ? ill + 1 : 0;
    }
    await process?.stop(this.#pace.grace);
    return "it answered that it cannot serve";
  }

  #failure(ending: Ending | undefined, problem: string): ServerError {
    const code = ending?.missing ? "server.program" : "server.died";
    const [program] = this.#options.command.argv;
    return new ServerError(
      code,
      this.name,
      ending?.missing ? `${program} ${problem}` : this.#spoken(problem),
    );
  }

  #late(): ServerError {
    const problem = `not healthy within ${this.#options.command.startSeconds} s`;
    return new ServerError("server.late", this.name, this.#spoken(problem));
  }

  #spoken(problem: string): string {
    const words = this.#options.log.blotted(this.#process?.lastWords ?? "");
    return `${problem}; ${words === "" ? "it said nothing" : `it said last: ${words}`}`;
  }
}
