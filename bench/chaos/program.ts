/** One process of the program, as on the command line, with its output in a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const agora = fileURLToPath(new URL("../../cli/agora.ts", import.meta.url));
const clock = pathToFileURL(fileURLToPath(new URL("./skewed-clock.ts", import.meta.url))).href;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** Its output is added to this file. */
  readonly log: string;
  /** Where it reads how wrong its clock is. */
  readonly skew: string;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Program {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #said = "";

  constructor(given: readonly string[], { log, skew }: ProgramOptions) {
    const env = { ...process.env, AGORA_CHAOS_SKEW: skew, NODE_OPTIONS: `--import=${clock}` };
    this.#child = spawn(process.execPath, [agora, ...given], { stdio: ["ignore", "pipe", "pipe"], env });
    running.add(this.#child);
    const file = createWriteStream(log, { flags: "a" });
    file.write(`$ agora ${given.join(" ")} (process ${this.#child.pid})\n`);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
        file.write(text);
      });
    this.ended = once(this.#child, "close").then(([code, signal]): Ending => {
      running.delete(this.#child);
      file.end(`(ended: ${signal ?? code})\n`);
      return { code, signal };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it has printed, errors included. */
  get said(): string {
    return this.#said;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isAlive) this.#child.kill(signal);
  }
}
