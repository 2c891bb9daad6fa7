/** What a process has said, to say it again to those who were away. */
import { crc32 } from "node:zlib";
import type { Letter } from "./reader.ts";

export interface Said {
  readonly subject: string;
  readonly letter: Letter;
}

/** Tells payloads apart: two of one length have the same mark with a chance of one in four thousand million. */
export const markOf = (payload: Uint8Array): number => payload.byteLength * 2 ** 32 + crc32(payload);
