/** Writes the output of a server to its log file and, with its name, to the terminal. Secrets are redacted. */
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";

export interface ServerLogOptions {
  readonly name: string;
  /** Folder of the logs; the file is `<name>.log`. */
  readonly folder: string;
  /** Texts to redact, such as keys. */
  readonly secrets: readonly string[];
  readonly print: (line: string) => void;
  /** Length of the longest server name, to align the lines [characters]. */
  readonly width: number;
}

export class ServerLog {
  readonly file: string;
  readonly #options: ServerLogOptions;
  readonly #stream: WriteStream;

  constructor(options: ServerLogOptions) {
    const { folder, name } = options;
    mkdirSync(folder, { recursive: true });
    this.#options = options;
    this.file = join(folder, `${name}.log`);
    this.#stream = createWriteStream(this.file, { flags: "a" });
    // A full disk must not stop the servers: the terminal still shows their output.
    this.#stream.on("error", () => {});
  }

  /** Writes a line of the server's output. */
  readonly output = (line: string): void => this.#write(this.redacted(line));

  /** Writes a line about the server. */
  readonly note = (line: string): void => this.#write(`— ${this.redacted(line)}`);

  redacted(text: string): string {
    return this.#options.secrets.reduce((shown, secret) => shown.replaceAll(secret, "[key]"), text);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }

  #write(line: string): void {
    const { name, width, print } = this.#options;
    this.#stream.write(`${new Date().toISOString()} ${line}\n`);
    print(`${name.padEnd(width)} │ ${line}`);
  }
}
