/** Sees to it that no server outlives us, even where we are killed: guard-process.ts hears our end as its own input's. */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("guard-process.ts", import.meta.url));

export class Guard {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = spawn(process.execPath, [PROGRAM], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // A guard that is gone cannot help: the servers are still stopped by ourselves.
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
