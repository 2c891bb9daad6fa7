/**
 * Two ways to compute `sum += left · right` on vectors: with the same bits on all machines, or fast.
 *
 * Relaxed SIMD fuses product and sum where the processor can, which is a fifth faster and rounds once instead of twice.
 * The choice is the processor's, so results on one machine are always the same, but machines may differ.
 */
import { assemble, type Code, FunctionBuilder, type Local, vector } from "./wasm.ts";

export type MultiplyAdd = (sum: Local, left: Code, right: Code) => Code;

/** Rounds the product and then the sum, on every machine. */
export const exactly: MultiplyAdd = (sum, left, right) =>
  sum.set(vector.add(sum.get, vector.multiply(left, right)));

/** Rounds as the processor prefers; needs `hasRelaxed`. */
export const relaxed: MultiplyAdd = (sum, left, right) =>
  sum.set(vector.relaxedMultiplyAdd(left, right, sum.get));

/** Whether this runtime has relaxed SIMD. */
export const hasRelaxed = (): boolean => {
  const builder = new FunctionBuilder("probe");
  const sum = builder.vector();
  return WebAssembly.validate(assemble([builder.body(relaxed(sum, sum.get, sum.get))]));
};
