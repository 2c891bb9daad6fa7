/**
 * The forward kernels: WebAssembly SIMD generated for one model's shape when the model loads.
 *
 * 1. Addresses are in bytes; every matrix is row-major float32 and starts on 16 bytes.
 * 2. Weights are packed in panels of 8 columns, `[ceil(columns / 8), inner, 8]`; missing columns are zero.
 *    An output row therefore has `ceil(columns / 8) * 8` floats.
 * 3. A row's result never depends on the other rows: every column is summed over `inner` in order,
 *    by the four-row tile and by the one-row tile alike. Batches cannot change what a request samples.
 * 4. Only IEEE multiply and add, no fused or relaxed operation: results are the same bits on every machine.
 * 5. Keys are stored in blocks of eight positions, `[keyValueHeads, context / 8, headDimension, 8]`, so that eight
 *    scores are computed at once; values are stored `[keyValueHeads, context, headDimension]`.
 */
import { attend } from "./kernel-attend.ts";
import type { KernelShape } from "./kernel-layout.ts";
import { project } from "./kernel-project.ts";
import { gate, normalise } from "./kernel-rows.ts";
import { assemble } from "./wasm.ts";

/** All addresses in bytes, all counts in floats or rows. */
export interface Kernels {
  /** `y[rows, columns] = x[rows, inner] · w`; `columns` a multiple of 8, `inner` of 4. */
  project(x: number, w: number, y: number, rows: number, inner: number, columns: number): void;
  /** The same, added to what `y` holds. */
  projectAdd(x: number, w: number, y: number, rows: number, inner: number, columns: number): void;
  /** `y = x / sqrt(mean(x²) + epsilon) * w` over each row of `width` floats. */
  normalise(x: number, w: number, y: number, rows: number, width: number): void;
  /** `y = silu(gate) * up`; `x` rows are `[gate, up]`, each `width` floats. */
  gate(x: number, y: number, rows: number, width: number): void;
  /** One query row over `length` cached positions; `scratch` holds `context` floats. The query is already scaled. */
  attend(query: number, keys: number, values: number, out: number, length: number, scratch: number): void;
}

export function compileKernels(shape: KernelShape, memory: WebAssembly.Memory): Kernels {
  const functions = [project(false), project(true), normalise(shape.epsilon), gate(), attend(shape)];
  const module = new WebAssembly.Module(assemble(functions));
  const instance = new WebAssembly.Instance(module, { environment: { memory } });
  return instance.exports as unknown as Kernels;
}
