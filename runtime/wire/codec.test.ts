import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodecError, createCodec } from "./codec.ts";
import { nestingExceeds } from "./msgpack-depth.ts";

const codec = createCodec();
const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
};
const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe("the codec", () => {
  test("typed arrays, dates, big integers and undefined are unchanged after encoding and decoding", () => {
    const value = {
      floats: new Float32Array([1.5, -2]),
      bytes: new Uint8Array([1, 2, 3]),
      date: new Date(5),
      large: 2 ** 53 - 1,
      tiny: 5e-324,
      nothing: undefined,
      text: "ж→𝒳",
    };
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  test("writes plain maps that any MessagePack library reads", () => {
    expect([...codec.encode({ a: [1] })]).toEqual([0xde, 0, 1, 0xa1, 0x61, 0x91, 0x01]);
  });

  test("encoding and decoding refuse one level more than allowed, for arrays and maps", () => {
    const shallow = createCodec({ maxDepth: 5 });
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner, other: [] })]) {
      const allowed = wrap(nested(3, wrap));
      expect(shallow.decode(shallow.encode(allowed))).toEqual(allowed);
      const tooDeep = nested(6, wrap);
      expect(() => shallow.encode(tooDeep)).toThrow(expect.objectContaining({ code: "AGORA_CODEC_DEPTH" }));
      const bytes = codec.encode(tooDeep);
      expect(() => shallow.decode(bytes)).toThrow(expect.objectContaining({ code: "AGORA_CODEC_DEPTH" }));
    }
  });

  test("the depth computed from the bytes equals the depth of the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const bytes = codec.encode(value);
        const depth = depthOf(value);
        expect(nestingExceeds(bytes, depth)).toBe(false);
        if (depth > 0) expect(nestingExceeds(bytes, depth - 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("strings, arrays and maps with 16-bit and 32-bit lengths are measured", () => {
    const long = {
      text: "x".repeat(70_000),
      middle: "y".repeat(300),
      list: Array.from({ length: 70_000 }, () => 0),
      map: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, [index * 1e9]])),
      bytes: new Uint8Array(300),
      deep: [[[1]]],
    };
    const bytes = codec.encode(long);
    expect(nestingExceeds(bytes, 4)).toBe(false);
    expect(nestingExceeds(bytes, 3)).toBe(true);
  });

  test("a million nested arrays, and a cyclic value, are a CodecError", () => {
    expect(() => codec.decode(new Uint8Array(1_000_000).fill(0x91))).toThrow(
      expect.objectContaining({ code: "AGORA_CODEC_DEPTH" }),
    );
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => codec.encode(cycle)).toThrow(CodecError);
    expect(codec.decode(codec.encode([1]))).toEqual([1]);
  });

  test("encoding and decoding refuse too many bytes and name the limit", () => {
    const small = createCodec({ maxBytes: 100 });
    expect(() => small.encode("x".repeat(101))).toThrow("at most 100");
    expect(() => small.decode(codec.encode("x".repeat(101)))).toThrow(
      expect.objectContaining({ code: "AGORA_CODEC_SIZE" }),
    );
  });

  test("random bytes are decoded or throw a CodecError, and the codec stays usable", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          codec.decode(bytes);
        } catch (cause) {
          expect(cause).toBeInstanceOf(CodecError);
        }
        expect(codec.decode(codec.encode({ still: ["here"] }))).toEqual({ still: ["here"] });
      }),
      { numRuns: 2000 },
    );
  });
});
