/**
 * Encodes and decodes MessagePack, with limits on size and depth.
 *
 * `useRecords` is off: records are an extension of msgpackr that no other MessagePack library reads.
 * `moreTypes` is on: without it typed arrays are decoded wrongly.
 */
import { Packr } from "msgpackr";
import { AgoraError } from "../agora-error.ts";
import { nestingExceeds } from "./msgpack-depth.ts";

export type CodecErrorCode = "AGORA_CODEC_SIZE" | "AGORA_CODEC_DEPTH" | "AGORA_CODEC_MALFORMED";

export class CodecError extends AgoraError<CodecErrorCode> {}

export type Codec = {
  /** @throws CodecError */
  encode(value: unknown): Uint8Array;
  /** @throws CodecError */
  decode(bytes: Uint8Array): unknown;
};

export type CodecOptions = { readonly maxBytes?: number; readonly maxDepth?: number };

/** Equals `max_payload` in nats.conf. The largest messages are dossiers: they hold every text about a question. */
export const defaultMaxBytes = 8 * 1024 * 1024;
export const defaultMaxDepth = 64;

const packr = new Packr({ useRecords: false, moreTypes: true });

const guarded = <T>(what: string, run: () => T): T => {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodecError("AGORA_CODEC_MALFORMED", `${what}: ${reason}`, { cause });
  }
};

export const createCodec = (options: CodecOptions = {}): Codec => {
  const { maxBytes = defaultMaxBytes, maxDepth = defaultMaxDepth } = options;
  const check = (bytes: Uint8Array): Uint8Array => {
    if (bytes.byteLength > maxBytes) {
      throw new CodecError("AGORA_CODEC_SIZE", `the value has ${bytes.byteLength} bytes`, {
        expected: `at most ${maxBytes}`,
      });
    }
    if (nestingExceeds(bytes, maxDepth)) {
      throw new CodecError("AGORA_CODEC_DEPTH", "the value is nested too deeply", {
        expected: `at most ${maxDepth} levels`,
      });
    }
    return bytes;
  };
  return {
    encode: (value) => check(guarded("cannot be packed", () => packr.pack(value))),
    decode: (bytes) => {
      check(bytes);
      return guarded("not MessagePack", () => packr.unpack(bytes) as unknown);
    },
  };
};
