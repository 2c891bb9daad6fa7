/** What a server says: to its own file, and to the terminal with its name in front. Secrets are blotted out. */
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";

export interface ServerLogOptions {
  readonly name: string;
  /** Folder of the logs; the file is `<name>.log`. */
  readonly folder: string;
  /** Texts that are never shown, such as keys. */
  readonly secrets: readonly string[];
  readonly print: (line: string) => void;
  /** Characters of the longest name, so that lines stand in a column. */
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
    // A full disk must not end the servers: the terminal still shows what they say.
    this.#stream.on("error", () => {});
  }

  /** A line of the server's own. */
  readonly said = (line: string): void => this.#write(this.blotted(line));

  /** A line of ours about the server. */
  readonly tell = (line: string): void => this.#write(`— ${this.blotted(line)}`);

  blotted(text: string): string {
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
