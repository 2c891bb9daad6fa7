/**
 * One process of a server, with its own process group.
 *
 * 1. `ended` resolves exactly once, even if the program cannot be started.
 * 2. When the server's process ends, the rest of its group is killed: a remaining worker would hold GPU memory.
 * 3. `stop` sends SIGTERM and, after the grace period, SIGKILL.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { signalGroup } from "./process-group.ts";
import type { ServerCommand } from "./server-command.ts";
import type { Watchdog } from "./watchdog.ts";

/** Why the process ended. */
export interface Ending {
  readonly cause: string;
  /** The program could not be started. */
  readonly missing: boolean;
}

export interface ServerProcessOptions {
  readonly command: ServerCommand;
  readonly watchdog: Watchdog;
  readonly environment: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
}

/** Number of output lines kept for error messages. */
const KEPT_LINES = 5;

const environmentOf = ({ command, environment }: ServerProcessOptions): NodeJS.ProcessEnv => {
  const borrowed = Object.entries(command.borrowed).flatMap(([name, source]) => {
    const value = environment[source];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...environment, ...command.environment, ...Object.fromEntries(borrowed) };
};

export class ServerProcess {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #onLine: (line: string) => void;
  #ending: Ending | undefined;

  constructor(options: ServerProcessOptions) {
    const { command, watchdog, onLine } = options;
    const [program, ...rest] = command.argv;
    this.#onLine = onLine;
    this.#child = spawn(program, rest, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: environmentOf(options),
      ...(command.folder === undefined ? {} : { cwd: command.folder }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream) this.#read(stream);
    const { pid } = this.#child;
    if (pid !== undefined) watchdog.watch(pid);
    this.ended = this.#end().then((ending) => {
      this.#ending = ending;
      if (pid !== undefined) {
        signalGroup(pid, "SIGKILL");
        watchdog.forget(pid);
      }
      return ending;
    });
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The last output lines, for error messages; empty if there are none. */
  get lastLines(): string {
    return this.#lines.join(" | ").slice(-600);
  }

  /** Resolves when the process has ended. @param grace time between SIGTERM and SIGKILL [ms]. */
  async stop(grace: number): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || this.#ending) return;
    signalGroup(pid, "SIGTERM");
    const kill = setTimeout(() => signalGroup(pid, "SIGKILL"), grace);
    await this.ended;
    clearTimeout(kill);
  }

  #end(): Promise<Ending> {
    return new Promise((resolve) => {
      this.#child.once("error", ({ message }) => {
        resolve({ cause: `cannot be started (${message})`, missing: true });
      });
      this.#child.once("exit", (code, signal) => {
        const how = signal === null ? `exit code ${code}` : signal;
        resolve({ cause: `ended with ${how}`, missing: false });
      });
    });
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on("line", (line) => {
      this.#lines.push(line.trim());
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      this.#onLine(line);
    });
  }
}
