/** Splits what a NATS client sends into frames: a line, and the payload that a publication has after it. */

export interface Frame {
  readonly bytes: Buffer;
  /** Of a publication: undefined for other frames. */
  readonly subject: string | undefined;
  /** Where the payload begins. */
  readonly payloadAt: number;
}

const lineEnd = "\r\n";

/** Bytes of the payload that follows a line; undefined if none does. */
const payloadOf = (line: string): { subject: string; size: number } | undefined => {
  const [verb = "", subject = "", ...rest] = line.trimEnd().split(/\s+/);
  if (!/^h?pub$/i.test(verb)) return undefined;
  return { subject, size: Number(rest.at(-1)) };
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
    const payloadAt = end + lineEnd.length;
    const published = payloadOf(this.#rest.toString("latin1", 0, end));
    const length = payloadAt + (published === undefined ? 0 : published.size + lineEnd.length);
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return { bytes, subject: published?.subject, payloadAt };
  }
}
