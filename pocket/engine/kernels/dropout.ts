/** PEFT's dropout on each adapter's input, and its gradient. The factors are drawn again where they are needed. */
import { bytesOf } from "./layout.ts";
import {
  advance,
  type Code,
  eachVector,
  FunctionBuilder,
  integer,
  integers,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

/** Odd multipliers that mix a counter's bits into all others (a two-round integer hash). */
const FIRST_MIX = 0x21f0aaad;
const SECOND_MIX = 0x735a2d97;

/**
 * `y = x ∘ mask`, or `y += x ∘ mask`, over rows of `width` floats, a multiple of 4. An entry of the mask is 0 where the hash
 * of its index and the two keys, as a signed integer, is below `threshold`, and `factor` (the bits of a float) elsewhere.
 */
export const dropout = (accumulate: boolean): FunctionBuilder => {
  const builder = new FunctionBuilder(accumulate ? "dropoutAdd" : "dropout");
  const { x, y, rows, width, stride, ...settings } = builder.parameters(
    "x",
    "y",
    "rows",
    "width",
    "stride",
    "firstKey",
    "secondKey",
    "threshold",
    "factor",
  );
  const { end, column, widthBytes } = builder.integers("end", "column", "widthBytes");
  const { counter, hash } = builder.vectors("counter", "hash");
  const at = (base: Local): Code => integer.add(base.get, column.get);
  const product = vector.multiply(vector.load(at(x)), hash.get);
  return builder.body([
    counter.set(integers.lanes(0, 1, 2, 3)),
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    whileBelow(x, end.get, [
      eachVector(column, integer.of(0), widthBytes.get, [
        drawFactors(builder, counter, hash, settings),
        vector.store(at(y), accumulate ? vector.add(vector.load(at(y)), product) : product),
      ]),
      ...[x, y].map((base) => advance(base, bytesOf(stride.get))),
    ]),
  ]);
};

interface Settings {
  readonly firstKey: Local;
  readonly secondKey: Local;
  readonly threshold: Local;
  readonly factor: Local;
}

/** Sets `hash` to the factors of the four entries at `counter`, and moves on. */
const drawFactors = (
  builder: FunctionBuilder,
  counter: Local,
  hash: Local,
  { firstKey, secondKey, threshold, factor }: Settings,
): Code => {
  const { add, xor, multiply, shiftRight, less } = integers;
  const of = (value: number): Code => builder.constant(integers.of(value));
  const splat = (value: Local): Code => builder.constant(integers.splat(value.get));
  return [
    hash.set(multiply(xor(counter.get, splat(firstKey)), of(FIRST_MIX))),
    hash.set(add(xor(hash.get, shiftRight(hash.get, 15)), splat(secondKey))),
    hash.set(multiply(hash.get, of(SECOND_MIX))),
    hash.set(xor(hash.get, shiftRight(hash.get, 15))),
    hash.set(vector.andNot(splat(factor), less(hash.get, splat(threshold)))),
    counter.set(add(counter.get, of(4))),
  ];
};
