/** Reads a run's feed as it grows; what cannot be read is skipped. */
import { type FileHandle, open } from "node:fs/promises";
import { type FeedLine, feedFile, parseFeedLine } from "./feed.ts";

const chunkBytes = 256 * 1024;
/** A longer line is no line of ours. */
const longestLine = 4 * 1024 * 1024;

export class FeedReader {
  readonly #file: string;
  #position = 0;
  /** Bytes after the last line break: a line that is still being written. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(runFolder: string) {
    this.#file = feedFile(runFolder);
  }

  /** The lines since the last reading. */
  async read(): Promise<FeedLine[]> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.#file);
      return await this.#readFrom(file);
    } catch {
      return [];
    } finally {
      await file?.close();
    }
  }

  async #readFrom(file: FileHandle): Promise<FeedLine[]> {
    const lines: FeedLine[] = [];
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, this.#position);
      if (bytesRead === 0) return lines;
      this.#position += bytesRead;
      this.#take(Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]), lines);
    }
  }

  #take(bytes: Buffer, lines: FeedLine[]): void {
    const end = bytes.lastIndexOf(0x0a) + 1;
    const rest = bytes.subarray(end);
    this.#rest = rest.length > longestLine ? Buffer.alloc(0) : Buffer.from(rest);
    for (const line of bytes.subarray(0, end).toString("utf8").split("\n")) {
      const parsed = line === "" ? undefined : parseFeedLine(line);
      if (parsed) lines.push(parsed);
    }
  }
}
