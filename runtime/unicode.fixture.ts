/**
 * Texts of all characters for property tests, as fast-check's `unit: "binary"` has them. That one makes a table of
 * 1.1 million characters in every process, which takes a second.
 */
import fc from "fast-check";

/** The code points from here on that stand for no character. */
const surrogates = { from: 0xd800, count: 0x800 };

const characterOf = (index: number): string =>
  String.fromCodePoint(index < surrogates.from ? index : index + surrogates.count);

/** @throws RangeError if the value is not one character */
const indexOf = (value: unknown): number => {
  const code = typeof value === "string" ? (value.codePointAt(0) ?? Number.NaN) : Number.NaN;
  const index = code < surrogates.from ? code : code - surrogates.count;
  if (!(index >= 0) || characterOf(index) !== value)
    throw new RangeError(`${String(value)} is not one character`);
  return index;
};

/** Every character of Unicode, equally often. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - surrogates.count })
  .map(characterOf, indexOf);
