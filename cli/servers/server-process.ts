/**
 * One life of a server: a child process with a group of its own.
 *
 * 1. `ended` resolves exactly once, also where the program could not be started at all.
 * 2. When the leader has ended the rest of its group is killed: a worker left behind would keep the GPU's memory.
 * 3. Stopping asks first (SIGTERM) and kills after the grace (SIGKILL).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Guard } from "./guard.ts";
import { signalGroup } from "./process-group.ts";
import type { ServerCommand } from "./server-command.ts";

/** Why a life ended, in words. */
export interface Ending {
  readonly cause: string;
  /** The program could not be started. */
  readonly missing: boolean;
}

export interface ServerProcessOptions {
  readonly command: ServerCommand;
  readonly guard: Guard;
  readonly environment: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
}

/** Lines that are kept to say what a server said last. */
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
    const { command, guard, onLine } = options;
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
    if (pid !== undefined) guard.watch(pid);
    this.ended = this.#end().then((ending) => {
      this.#ending = ending;
      if (pid !== undefined) {
        signalGroup(pid, "SIGKILL");
        guard.forget(pid);
      }
      return ending;
    });
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** What the server said last, for errors; empty where it has said nothing. */
  get lastWords(): string {
    return this.#lines.join(" | ").slice(-600);
  }

  /** Resolves when the process has ended. @param grace time between asking and killing [ms]. */
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
