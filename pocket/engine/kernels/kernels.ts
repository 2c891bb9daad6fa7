/**
 * The kernels for decoding and training: WebAssembly SIMD, generated for one model's shape when the model loads.
 *
 * 1. Addresses are in bytes; every matrix is row-major float32 and aligned to 16 bytes.
 * 2. Weights are packed in panels of 8 columns, `[ceil(columns / 8), inner, 8]`; missing columns are zero. An output
 *    row therefore has `ceil(columns / 8) * 8` floats.
 * 3. A row's result never depends on other rows: the four-row tile and the one-row tile both sum each column over
 *    `inner` in order. So batching cannot change the samples of a request.
 * 4. For decoding, only IEEE multiply and add are used, no fused or relaxed operations, so results are bit-identical
 *    on all machines. In training, products are summed with relaxed SIMD where the runtime has it, so the last bits of
 *    gradients depend on the processor (`multiply-add.ts`).
 * 5. Keys are stored in blocks of eight positions, `[keyValueHeads, context / 8, headDimension, 8]`, so that eight
 *    scores are computed at once; values are stored as `[keyValueHeads, context, headDimension]`.
 */
import { attend } from "./attend.ts";
import { dropout } from "./dropout.ts";
import { gateBack, normaliseBack } from "./gradients.ts";
import { interleave, rotate } from "./heads.ts";
import type { KernelShape } from "./layout.ts";
import { exactly, hasRelaxed, type MultiplyAdd, relaxed } from "./multiply-add.ts";
import { outer } from "./outer.ts";
import { project, projectRows } from "./project.ts";
import { gate, normalise } from "./rows.ts";
import { softmax, softmaxBack } from "./softmax.ts";
import { assemble, type FunctionBuilder } from "./wasm.ts";

/** All addresses are in bytes, all counts in floats or rows. */
export interface Kernels {
  /** `y[rows, columns] = x[rows, inner] · w`; `columns` a multiple of 8, `inner` of 4. */
  project: Project;
  /** Like `project`, but adds to `y`. */
  projectAdd: Project;
  /** `y = x / sqrt(mean(x²) + epsilon) * w` over each row of `width` floats. */
  normalise(x: number, w: number, y: number, rows: number, width: number): void;
  /** `y = silu(gate) * up`; `x` rows are `[gate, up]`, each `width` floats. */
  gate(x: number, y: number, rows: number, width: number): void;
  /**
   * Attention of one query row over `length` cached positions; `scratch` has `context` floats. The query is already
   * scaled.
   */
  attend(query: number, keys: number, values: number, out: number, length: number, scratch: number): void;
}

/** Strides: floats between the starts of two rows of `x` or `y`, or of two panels of `w`. */
export type Project = (
  ...addresses: [
    ...[x: number, w: number, y: number, rows: number, inner: number, columns: number],
    ...[xStride: number, yStride: number, panelStride: number],
  ]
) => void;

/** The kernels for training. Products and sums of gradients are added to their outputs. */
export interface TrainingKernels extends Pick<Kernels, "project" | "projectAdd" | "normalise" | "gate"> {
  /** Like `project`, but `w` is `[inner, columns]` with rows of `wStride` floats; `columns` a multiple of 4. */
  projectRows(
    ...addresses: [
      ...[x: number, w: number, y: number, rows: number, inner: number, columns: number],
      ...[xStride: number, yStride: number, wStride: number],
    ]
  ): void;
  /** `out[height, width] += xᵀ · y`, summed over rows; `height` and `width` multiples of 4. */
  outer(
    ...addresses: [
      ...[x: number, y: number, out: number, rows: number, height: number, width: number],
      ...[xStride: number, yStride: number, outStride: number],
    ]
  ): void;
  /** Rotary embedding of each row's heads in place; `cosine` and `sine` are those of the first row's position. */
  rotate(x: number, cosine: number, sine: number, rows: number, heads: number, stride: number): void;
  /** A head's rows in panels of eight positions, `[ceil(rows / 8), headDimension, 8]`. */
  interleave(x: number, y: number, rows: number, stride: number): void;
  /** Softmax of scores in place, by row; `mask` is added to the last `masked` columns (see `softmax.ts`). */
  softmax(
    ...addresses: [
      ...[x: number, mask: number, statistics: number, rows: number, columns: number, masked: number],
      ...[stride: number, maskStep: number],
    ]
  ): void;
  /**
   * Replaces the scores `x` by their probabilities, and the probabilities' gradient `dx` by the scores'. `y` and `dy`
   * are the attention's output and its gradient.
   */
  softmaxBack(
    ...addresses: [
      ...[x: number, dx: number, mask: number, statistics: number, y: number, dy: number],
      ...[rows: number, columns: number, masked: number, stride: number, yStride: number, dyStride: number],
    ]
  ): void;
  /** Adds to `dx`. */
  normaliseBack(x: number, w: number, dy: number, dx: number, rows: number, width: number): void;
  /** `x` and `dx` rows are `[gate, up]`, each `width` floats. */
  gateBack(x: number, dy: number, dx: number, rows: number, width: number, dyStride: number): void;
  /** `y = x ∘ mask`, where the mask is 0 or `factor` by a hash of the keys and the index (see `dropout.ts`). */
  dropout: Mask;
  /** `y += x ∘ mask` */
  dropoutAdd: Mask;
}

export type Mask = (
  ...values: [
    ...[x: number, y: number, rows: number, width: number, stride: number],
    ...[firstKey: number, secondKey: number, threshold: number, factor: number],
  ]
) => void;

export const compileKernels = (shape: KernelShape, memory: WebAssembly.Memory): Kernels =>
  instantiate([...forward(shape.epsilon, exactly), attend(shape)], memory) as Kernels;

export const compileTrainingKernels = (
  { headDimension, epsilon }: Pick<KernelShape, "headDimension" | "epsilon">,
  memory: WebAssembly.Memory,
  multiplyAdd: MultiplyAdd = hasRelaxed() ? relaxed : exactly,
): TrainingKernels => {
  const heads = [
    rotate(headDimension),
    interleave(headDimension),
    softmax(multiplyAdd),
    softmaxBack(headDimension, multiplyAdd),
  ];
  const back = [outer(multiplyAdd), normaliseBack(epsilon), gateBack(multiplyAdd)];
  const rest = [projectRows(multiplyAdd), dropout(false), dropout(true)];
  return instantiate(
    [...forward(epsilon, multiplyAdd), ...heads, ...back, ...rest],
    memory,
  ) as TrainingKernels;
};

const forward = (epsilon: number, multiplyAdd: MultiplyAdd): FunctionBuilder[] => [
  project(false, multiplyAdd),
  project(true, multiplyAdd),
  normalise(epsilon),
  gate(multiplyAdd),
];

const instantiate = (functions: readonly FunctionBuilder[], memory: WebAssembly.Memory): unknown => {
  const module = new WebAssembly.Module(assemble(functions));
  return new WebAssembly.Instance(module, { environment: { memory } }).exports;
};
