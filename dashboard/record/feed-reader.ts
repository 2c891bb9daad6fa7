/** Reads a run's feed as it grows; invalid lines are skipped. */
import { closeSync, openSync, readSync } from "node:fs";
import { type FeedLine, feedFile, parseFeedLine } from "./feed.ts";

const lineBreak = 0x0a;
/** A longer line is invalid and is dropped [bytes]. */
const maximumLineLength = 4 * 1024 * 1024;

export class FeedReader {
  readonly #file: string;
  readonly #chunk = Buffer.alloc(64 * 1024);
  #descriptor: number | undefined;
  #position = 0;
  /** Bytes after the last line break: an incomplete line. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(runFolder: string) {
    this.#file = feedFile(runFolder);
  }

  /** The lines since the last read; at most a few per second, so a read is cheap. */
  read(): FeedLine[] {
    const lines: FeedLine[] = [];
    try {
      this.#descriptor ??= openSync(this.#file, "r");
      for (;;) {
        const length = readSync(this.#descriptor, this.#chunk, 0, this.#chunk.length, this.#position);
        if (length === 0) return lines;
        this.#position += length;
        this.#take(this.#chunk.subarray(0, length), lines);
      }
    } catch {
      return lines;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #take(chunk: Buffer, lines: FeedLine[]): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(lineBreak) + 1;
    const isTooLong = bytes.length - end > maximumLineLength;
    this.#rest = isTooLong ? Buffer.alloc(0) : bytes.subarray(end);
    for (const line of bytes.subarray(0, end).toString("utf8").split("\n")) {
      const parsed = line === "" ? undefined : parseFeedLine(line);
      if (parsed) lines.push(parsed);
    }
  }
}
