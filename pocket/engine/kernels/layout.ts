/** Memory layout of the kernels' matrices and caches. */
import { type Code, integer } from "./wasm.ts";

/** Columns per weight panel. */
export const PANEL = 8;
/** Positions per block of cached keys. */
export const KEY_BLOCK = 8;
export const FLOAT_BYTES = 4;
export const VECTOR_BYTES = 16;

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Converts a number of floats to bytes. */
export const bytesOf = (count: Code): Code => integer.shiftLeft(count, integer.of(2));

export interface KernelShape {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  readonly context: number;
  readonly epsilon: number;
}
