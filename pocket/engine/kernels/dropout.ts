/** PEFT's dropout on each adapter's input, and its factors. */
import { bytesOf, VECTOR_BYTES } from "./layout.ts";
import {
  advance,
  type Code,
  eachVector,
  FunctionBuilder,
  integer,
  integers,
  type Local,
  vector,
} from "./wasm.ts";

/** Odd multipliers that mix a counter's bits into all others (a two-round integer hash). */
const FIRST_MIX = 0x21f0aaad;
const SECOND_MIX = 0x735a2d97;

/**
 * Fills `mask` with 0 or `factor` (the bits of a float), and `y` with `x ∘ mask`: an entry of the mask is 0 where the hash
 * of its index and the two keys, as a signed integer, is below `threshold`.
 */
export const dropout = (): FunctionBuilder => {
  const builder = new FunctionBuilder("dropout");
  const { x, mask, y, length, firstKey, secondKey, threshold, factor } = builder.parameters(
    "x",
    "mask",
    "y",
    "length",
    "firstKey",
    "secondKey",
    "threshold",
    "factor",
  );
  const cursor = builder.integer();
  const { counter, hash } = builder.vectors("counter", "hash");
  const { add, xor, multiply, shiftRight } = integers;
  const of = (value: number): Code => builder.constant(integers.of(value));
  const splat = (value: Local): Code => builder.constant(integers.splat(value.get));
  return builder.body([
    counter.set(integers.lanes(0, 1, 2, 3)),
    eachVector(cursor, mask.get, integer.add(mask.get, bytesOf(length.get)), [
      hash.set(multiply(xor(counter.get, splat(firstKey)), of(FIRST_MIX))),
      hash.set(add(xor(hash.get, shiftRight(hash.get, 15)), splat(secondKey))),
      hash.set(multiply(hash.get, of(SECOND_MIX))),
      hash.set(xor(hash.get, shiftRight(hash.get, 15))),
      hash.set(vector.andNot(splat(factor), integers.less(hash.get, splat(threshold)))),
      vector.store(cursor.get, hash.get),
      vector.store(y.get, vector.multiply(vector.load(x.get), hash.get)),
      advance(x, VECTOR_BYTES),
      advance(y, VECTOR_BYTES),
      counter.set(add(counter.get, of(4))),
    ]),
  ]);
};
