/**
 * The kernels of decoding and of training: WebAssembly SIMD generated for one model's shape when the model loads.
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
import { attend } from "./attend.ts";
import { gateBack, multiply, normaliseBack } from "./gradients.ts";
import type { KernelShape } from "./layout.ts";
import { outer } from "./outer.ts";
import { project } from "./project.ts";
import { gate, normalise } from "./rows.ts";
import { softmax, softmaxBack } from "./softmax.ts";
import { assemble, type FunctionBuilder } from "./wasm.ts";

/** All addresses in bytes, all counts in floats or rows. */
export interface Kernels {
  /** `y[rows, columns] = x[rows, inner] · w`; `columns` a multiple of 8, `inner` of 4. */
  project: Project;
  /** The same, added to what `y` holds. */
  projectAdd: Project;
  /** `y = x / sqrt(mean(x²) + epsilon) * w` over each row of `width` floats. */
  normalise(x: number, w: number, y: number, rows: number, width: number): void;
  /** `y = silu(gate) * up`; `x` rows are `[gate, up]`, each `width` floats. */
  gate(x: number, y: number, rows: number, width: number): void;
  /** One query row over `length` cached positions; `scratch` holds `context` floats. The query is already scaled. */
  attend(query: number, keys: number, values: number, out: number, length: number, scratch: number): void;
}

/** Strides: floats from a row of `x` or `y`, or a panel of `w`, to the next. */
export type Project = (
  ...addresses: [
    ...[x: number, w: number, y: number, rows: number, inner: number, columns: number],
    ...[xStride: number, yStride: number, panelStride: number],
  ]
) => void;

/** What training needs beside the forward kernels. Products and sums of gradients are added to what is there. */
export interface TrainingKernels extends Pick<Kernels, "project" | "projectAdd" | "normalise" | "gate"> {
  /** `out[height, width] += xᵀ · y`, summed over rows; `height` a multiple of 4, `width` of 8. */
  outer(
    ...addresses: [
      ...[x: number, y: number, out: number, rows: number, height: number, width: number],
      ...[xStride: number, yStride: number, outStride: number],
    ]
  ): void;
  /** In place, by row; `mask` is added to the last `diagonal` columns and has rows of `QUERY_BLOCK` floats. */
  softmax(x: number, mask: number, rows: number, columns: number, diagonal: number, stride: number): void;
  /** From the softmax `y` and the gradient `dy` of it, in place of `dy`. */
  softmaxBack(y: number, dy: number, rows: number, columns: number, stride: number): void;
  /** Adds to `dx`. */
  normaliseBack(x: number, w: number, dy: number, dx: number, rows: number, width: number): void;
  /** `x` and `dx` rows are `[gate, up]`, each `width` floats. */
  gateBack(x: number, dy: number, dx: number, rows: number, width: number, dyStride: number): void;
  /** `z = x ∘ y`; rows of `y` are `width` floats. */
  multiply: Elementwise;
  /** `z += x ∘ y` */
  multiplyAdd: Elementwise;
}

export type Elementwise = (
  ...addresses: [
    ...[x: number, y: number, z: number, rows: number, width: number],
    ...[xStride: number, zStride: number],
  ]
) => void;

/** Queries of one block of attention in training. */
export const QUERY_BLOCK = 16;

export function compileKernels(shape: KernelShape, memory: WebAssembly.Memory): Kernels {
  return instantiate([...forward(shape.epsilon), attend(shape)], memory) as Kernels;
}

export function compileTrainingKernels(epsilon: number, memory: WebAssembly.Memory): TrainingKernels {
  const back = [outer(), softmax(QUERY_BLOCK), softmaxBack(), normaliseBack(epsilon), gateBack()];
  const products = [multiply(false), multiply(true)];
  return instantiate([...forward(epsilon), ...back, ...products], memory) as TrainingKernels;
}

function forward(epsilon: number): FunctionBuilder[] {
  return [project(false), project(true), normalise(epsilon), gate()];
}

function instantiate(functions: readonly FunctionBuilder[], memory: WebAssembly.Memory): unknown {
  const module = new WebAssembly.Module(assemble(functions));
  return new WebAssembly.Instance(module, { environment: { memory } }).exports;
}
