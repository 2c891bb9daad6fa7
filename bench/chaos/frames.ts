/** Splits what a NATS client sends into frames: a line, and the payload that a publication has after it. */

export interface Frame {
  readonly bytes: Buffer;
  /** Of a publication: undefined for other frames. */
  readonly subject: string | undefined;
  /** Where the payload begins, after the headers. */
  readonly payloadAt: number;
}

const lineEnd = "\r\n";

interface Published {
  readonly subject: string;
  /** Of the headers and the payload [bytes]. */
  readonly size: number;
  readonly headers: number;
}

/** What follows a line; undefined if nothing does. */
const publishedBy = (line: string): Published | undefined => {
  const [verb = "", subject = "", ...rest] = line.trimEnd().split(/\s+/);
  if (!/^h?pub$/i.test(verb)) return undefined;
  const headers = /^h/i.test(verb) ? Number(rest.at(-2)) : 0;
  return { subject, size: Number(rest.at(-1)), headers };
};

export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. */
  take(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    const end = this.#rest.indexOf(lineEnd);
    if (end < 0) return undefined;
    const lineLength = end + lineEnd.length;
    const published = publishedBy(this.#rest.toString("latin1", 0, end));
    const length = lineLength + (published === undefined ? 0 : published.size + lineEnd.length);
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return { bytes, subject: published?.subject, payloadAt: lineLength + (published?.headers ?? 0) };
  }
}
