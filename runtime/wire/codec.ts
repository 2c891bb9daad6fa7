/**
 * MessagePack both ways, with caps on size and depth.
 *
 * Records are off: the default writes msgpackr's own extension, which no other MessagePack library reads.
 * `moreTypes` is on: without it typed arrays come back damaged.
 */
import { Packr } from "msgpackr";
import { nestingExceeds } from "./msgpack-depth.ts";

export type CodecErrorCode = "AGORA_CODEC_SIZE" | "AGORA_CODEC_DEPTH" | "AGORA_CODEC_MALFORMED";

export class CodecError extends Error {
  readonly code: CodecErrorCode;
  constructor(code: CodecErrorCode, problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "CodecError";
    this.code = code;
  }
}

export type Codec = {
  /** @throws CodecError */
  encode(value: unknown): Uint8Array;
  /** @throws CodecError */
  decode(bytes: Uint8Array): unknown;
};

export type CodecOptions = { readonly maxBytes?: number; readonly maxDepth?: number };

/** The same as `max_payload` in nats.conf: a dossier carries all that was said about its question. */
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
      throw new CodecError("AGORA_CODEC_SIZE", `${bytes.byteLength} bytes; expected at most ${maxBytes}`);
    }
    if (nestingExceeds(bytes, maxDepth)) {
      throw new CodecError("AGORA_CODEC_DEPTH", `nested too deeply; expected at most ${maxDepth} levels`);
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
