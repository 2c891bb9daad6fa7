/** A command that runs while servers run: it ends before them, and with this process at the latest. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { isatty } from "node:tty";

const inTerminal = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor));

export class CommandBeside {
  readonly #child: ChildProcess;
  /** With its exit code. Rejects if it cannot be started. */
  readonly ended: Promise<number>;

  constructor([program = "", ...rest]: readonly string[]) {
    this.#child = spawn(program, rest, { stdio: "inherit" });
    const failed = once(this.#child, "error").then(([error]) => Promise.reject(error));
    const exited = once(this.#child, "exit").then(([code]) => (typeof code === "number" ? code : 1));
    this.ended = Promise.race([exited, failed]);
    process.once("exit", () => this.#child.kill("SIGKILL"));
  }

  /** Passes a signal on. Ctrl-C in a terminal has reached the command too: a second one could end it at once. */
  tell(signal: NodeJS.Signals): void {
    if (signal !== "SIGINT" || !inTerminal()) this.#child.kill(signal);
  }
}
