/** Byte-level mutation of frames, from a seed: the same number gives the same frames. */

/** Small and quick (mulberry32): numbers in [0, 1). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What parsers stumble over: lengths, signs, ends, brackets, escapes, and the beginnings of MessagePack's containers. */
const awkward: readonly Uint8Array[] = [
  ...[
    [0],
    [0xff],
    [0x7f],
    [0x80],
    [0xc1],
    [0xd4, 0],
    [0xdf, 0xff, 0xff, 0xff, 0xff],
    [0xdd, 0x7f, 0xff, 0xff, 0xff],
  ],
  ...[
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f],
  ],
].map((bytes) => Uint8Array.from(bytes));

const words = [
  ...["__proto__", "constructor", "null", "-0", "1e999", "NaN", "99999999999999999999", "\\u0000", "\\ud800"],
  ...[
    "[".repeat(200),
    "{".repeat(50),
    '"',
    "\\",
    "\r\n\r\n",
    "../../",
    "%00",
    "%2e%2e/",
    "&a",
    "*a",
    "!!js",
    "<<: *a",
  ],
  ...[
    "\\boxed{",
    "}".repeat(30),
    "\\frac{1}{0}",
    "Verdict: accept",
    "first",
    "ans 4",
    "</solution>",
    "\u202e",
    "?",
  ],
].map((word) => new TextEncoder().encode(word));

type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const placeIn = (bytes: Uint8Array, random: () => number): number =>
  Math.floor(random() * (bytes.length + 1));

const insert =
  (choices: readonly Uint8Array[]): Mutation =>
  (bytes, random) => {
    const at = placeIn(bytes, random);
    const chosen = choices[Math.floor(random() * choices.length)] ?? new Uint8Array();
    return joined(bytes.subarray(0, at), chosen, bytes.subarray(at));
  };

const mutations: readonly Mutation[] = [
  (bytes, random) => {
    const flipped = bytes.slice();
    const at = Math.floor(random() * bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return flipped;
  },
  (bytes, random) => {
    const replaced = bytes.slice();
    replaced[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    return replaced;
  },
  (bytes, random) => bytes.slice(0, placeIn(bytes, random)),
  (bytes, random) => {
    const at = placeIn(bytes, random);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 8)));
  },
  (bytes, random) => {
    const [from, to] = [placeIn(bytes, random), placeIn(bytes, random)].toSorted(
      (left, right) => left - right,
    );
    return joined(bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to ?? 0));
  },
  insert(awkward),
  insert(words),
];

/** One to four mutations, one after another. */
export const mutated = (bytes: Uint8Array, random: () => number): Uint8Array => {
  let changed = bytes;
  for (let left = 1 + Math.floor(random() * 4); left > 0; left -= 1) {
    const mutate = mutations[Math.floor(random() * mutations.length)] ?? ((same) => same);
    changed = mutate(changed, random);
  }
  return changed;
};
