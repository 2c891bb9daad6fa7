/** The output of a command: results on standard output, progress there too, on standard error or nowhere. */
import type { ProgressStream } from "./progress.ts";

export interface OutputFlags {
  /** Results are JSON on standard output; everything else goes to standard error. */
  readonly json?: boolean;
  /** Results and errors only. */
  readonly quiet?: boolean;
}

export interface Streams {
  readonly out: ProgressStream;
  readonly err: ProgressStream;
}

export class Output {
  readonly isJson: boolean;
  /** Where progress is shown. */
  readonly progress: ProgressStream;
  readonly #streams: Streams;

  constructor(
    { json = false, quiet = false }: OutputFlags,
    streams: Streams = { out: process.stdout, err: process.stderr },
  ) {
    this.isJson = json;
    this.#streams = streams;
    this.progress = quiet ? silence : json ? streams.err : streams.out;
  }

  /** Prints a line of progress. */
  readonly say = (line: string): void => void this.progress.write(`${line}\n`);

  /** Prints a result: its facts as JSON, or its text for people. */
  show(facts: unknown, text: () => string): void {
    this.#streams.out.write(`${this.isJson ? JSON.stringify(facts) : text()}\n`);
  }

  readonly warn = (line: string): void => void this.#streams.err.write(`${line}\n`);
}

const silence: ProgressStream = { write: () => true };
