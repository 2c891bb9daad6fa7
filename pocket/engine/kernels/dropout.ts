/** PEFT's dropout on each adapter's input, as a block of factors. */
import { bytesOf } from "./layout.ts";
import { eachVector, FunctionBuilder, integer, integers, vector } from "./wasm.ts";

/** Odd multipliers that mix a counter's bits into all others (a two-round integer hash). */
const FIRST_MIX = 0x21f0aaad;
const SECOND_MIX = 0x735a2d97;

/**
 * Fills `mask` with 0 or `factor` (the bits of a float): each entry is 0 where the hash of its index and the two keys,
 * as a signed integer, is below `threshold`.
 */
export const dropout = (): FunctionBuilder => {
  const builder = new FunctionBuilder("dropout");
  const { mask, length, firstKey, secondKey, threshold, factor } = builder.parameters(
    "mask",
    "length",
    "firstKey",
    "secondKey",
    "threshold",
    "factor",
  );
  const cursor = builder.integer();
  const { counter, hash } = builder.vectors("counter", "hash");
  const { splat, add, xor, multiply, shiftRight, of } = integers;
  return builder.body([
    counter.set(integers.lanes(0, 1, 2, 3)),
    eachVector(cursor, mask.get, integer.add(mask.get, bytesOf(length.get)), [
      hash.set(multiply(xor(counter.get, splat(firstKey.get)), of(FIRST_MIX))),
      hash.set(add(xor(hash.get, shiftRight(hash.get, 15)), splat(secondKey.get))),
      hash.set(multiply(hash.get, of(SECOND_MIX))),
      hash.set(xor(hash.get, shiftRight(hash.get, 15))),
      vector.store(
        cursor.get,
        vector.andNot(splat(factor.get), integers.less(hash.get, splat(threshold.get))),
      ),
      counter.set(add(counter.get, of(4))),
    ]),
  ]);
};
