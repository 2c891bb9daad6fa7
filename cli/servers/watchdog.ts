/** Ends the servers if this process is killed: watchdog-process.ts notices that because its stdin closes. */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("watchdog-process.ts", import.meta.url));

export class Watchdog {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = spawn(process.execPath, [PROGRAM], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without the watchdog this process still stops the servers itself.
    this.#process.on("error", () => {});
    this.#process.stdin?.on("error", () => {});
    this.#process.unref();
    if (this.#process.stdin instanceof Socket) this.#process.stdin.unref();
  }

  watch(group: number): void {
    this.#process.stdin?.write(`+${group}\n`);
  }

  forget(group: number): void {
    this.#process.stdin?.write(`-${group}\n`);
  }

  close(): void {
    this.#process.stdin?.end();
  }
}
