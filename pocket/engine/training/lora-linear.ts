/**
 * Linear layers with the same input and their low-rank changes: `y = x·Wᵀ + s·(x ∘ mask)·Aᵀ·Bᵀ`, with the modules
 * side by side in `y`. `W` is constant; `A` `[rank, inputs]` and `B` `[outputs, rank]` are trained.
 *
 * 1. The rank is padded to whole panels; the padding and its gradient are zero.
 * 2. `load` copies the adapter's matrices; gradients accumulate until `clear`.
 * 3. Values that a module writes beyond its last column are zero or are overwritten by the next module.
 * 4. The forward pass keeps the input after dropout; the backward pass draws the same dropout factors again.
 */
import type { AdapterPair } from "../adapter.ts";
import type { LayerWeights, Matrix } from "../checkpoint.ts";
import type { FloatMemory } from "../kernels/float-memory.ts";
import type { TrainingKernels } from "../kernels/kernels.ts";
import { PANEL } from "../kernels/layout.ts";
import { packInto, packPanels, padded } from "../kernels/packed-weights.ts";
import { TARGET_MODULES, type TargetModule } from "../target-modules.ts";
import type { Dropout } from "./dropout.ts";

type Pairs = Partial<Record<TargetModule, AdapterPair>>;

/** Scratch memory for `rows` rows, shared by all layers. Positions in floats. */
export interface Scratch {
  /** The gradient of a module's input after dropout. `[rows, padded(widest input)]` */
  readonly droppedGradient: number;
  /** `[rows, padded(rank)]` */
  readonly lowGradient: number;
}

interface Low {
  readonly module: TargetModule;
  readonly outputs: number;
  /** Number of its mask within a batch. */
  readonly index: number;
  /** First column in `y`. */
  readonly offset: number;
  /** Panels of `A` and of `s·B`, for the forward and the backward pass. */
  readonly a: number;
  readonly b: number;
  readonly aBack: number;
  readonly bBack: number;
  /** `(x ∘ mask)·Aᵀ` of the last pass. `[rows, padded(rank)]` */
  readonly low: number;
  /** The input after dropout. `[rows, inputs]`; undefined without dropout. */
  readonly dropped: number | undefined;
  /** `[padded(rank), padded(inputs)]` */
  readonly aGradient: number;
  /** `[outputs, padded(rank)]`, to be scaled by `s` */
  readonly bGradient: number;
}

export interface LoraLinearOptions {
  readonly memory: FloatMemory;
  readonly kernels: TrainingKernels;
  readonly scratch: Scratch;
  readonly rank: number;
  /** The factor `s`: alpha divided by rank. */
  readonly scale: number;
  readonly dropout: Dropout;
  /** Maximum number of rows. */
  readonly capacity: number;
}

export class LoraLinear {
  readonly inputs: number;
  /** Floats per row of `y`. */
  readonly stride: number;
  readonly #options: LoraLinearOptions;
  readonly #rank: number;
  readonly #outputs: number;
  readonly #weights: number;
  readonly #weightsBack: number;
  readonly #lows: readonly Low[];

  constructor(
    options: LoraLinearOptions,
    layer: number,
    { projections }: LayerWeights,
    modules: readonly TargetModule[],
    targets: readonly TargetModule[],
  ) {
    const { memory } = options;
    this.#options = options;
    this.#rank = padded(options.rank);
    const matrices = modules.map((module) => projections[module]);
    this.inputs = matrices[0]?.inputs ?? 0;
    this.#outputs = matrices.reduce((sum, { outputs }) => sum + outputs, 0);
    this.stride = padded(this.#outputs);
    this.#weights = memory.store(packPanels(matrices));
    this.#weightsBack = memory.store(packedBack(matrices));
    let offset = 0;
    this.#lows = modules.flatMap((module) => {
      const { outputs } = projections[module];
      offset += outputs;
      return targets.includes(module) ? this.#allocateLow(layer, module, outputs, offset - outputs) : [];
    });
  }

  /** The last batch's dropout factors of each target module, `[rows, inputs]`; they replace its input after dropout. */
  masks(rows: number): Partial<Record<TargetModule, Float32Array>> {
    const { dropout, memory } = this.#options;
    const length = rows * this.inputs;
    const copies = this.#lows.flatMap(({ module, index, dropped }) => {
      if (dropped === undefined) return [];
      memory.floats.fill(1, dropped, dropped + length);
      dropout.apply(dropped, dropped, length, index);
      return [[module, memory.floats.slice(dropped, dropped + length)] as const];
    });
    return Object.fromEntries(copies);
  }

  load(pairs: Pairs): void {
    const { memory, rank, scale } = this.#options;
    const { floats } = memory;
    const inputs = this.inputs;
    for (const { module, outputs, ...low } of this.#lows) {
      const pair = pairs[module];
      if (pair === undefined) continue;
      const [a, b] = [floats.subarray(low.a), floats.subarray(low.b)];
      const [aBack, bBack] = [floats.subarray(low.aBack), floats.subarray(low.bBack)];
      packInto(a, pair.a, { columns: rank, inner: inputs, columnStride: inputs, innerStride: 1 });
      packInto(aBack, pair.a, { ...this.#across(inputs), columnStride: 1, innerStride: inputs });
      packInto(b, pair.b, { ...this.#across(outputs), columnStride: rank, innerStride: 1 }, scale);
      packInto(bBack, pair.b, { columns: rank, inner: outputs, columnStride: 1, innerStride: rank }, scale);
    }
  }

  clear(): void {
    const { floats } = this.#options.memory;
    for (const { aGradient, bGradient, outputs } of this.#lows) {
      floats.fill(0, aGradient, aGradient + this.#rank * padded(this.inputs));
      floats.fill(0, bGradient, bGradient + outputs * this.#rank);
    }
  }

  /** `y += …` if `adds`, otherwise `y = …`; rows of `x` have `inputs` floats. */
  forward(x: number, y: number, rows: number, adds = false): void {
    const { dropout, kernels } = this.#options;
    const { project, projectAdd } = kernels;
    const [inputs, stride, rank] = [this.inputs, this.stride, this.#rank];
    const base = adds ? projectAdd : project;
    base(4 * x, 4 * this.#weights, 4 * y, rows, inputs, stride, inputs, stride, inputs * PANEL);
    for (const { a, b, low, dropped, index, outputs, offset } of this.#lows) {
      if (dropped !== undefined) dropout.apply(x, dropped, rows * inputs, index);
      project(4 * (dropped ?? x), 4 * a, 4 * low, rows, inputs, rank, inputs, rank, inputs * PANEL);
      const [to, columns] = [4 * (y + offset), padded(outputs)];
      projectAdd(4 * low, 4 * b, to, rows, rank, columns, rank, stride, rank * PANEL);
    }
  }

  /**
   * Adds the gradients of `A` and `B`. If `dx` is given, writes the gradient of `x` there, or adds it if `adds`, with
   * `padded(inputs)` floats per row. Rows of `dy` have `stride` floats.
   */
  backward(x: number, dy: number, rows: number, dx: number | undefined, adds = false): void {
    const { project, projectAdd, outer } = this.#options.kernels;
    const [inputs, stride, rank] = [this.inputs, this.stride, this.#rank];
    const width = padded(inputs);
    if (dx !== undefined) {
      const [w, inner] = [4 * this.#weightsBack, this.#outputs];
      const base = adds ? projectAdd : project;
      base(4 * dy, w, 4 * dx, rows, inner, width, stride, width, inner * PANEL);
    }
    const lowSlope = 4 * this.#options.scratch.lowGradient;
    for (const { low, offset, outputs, dropped, bBack, aGradient, bGradient, aBack, index } of this.#lows) {
      const slope = 4 * (dy + offset);
      project(slope, 4 * bBack, lowSlope, rows, outputs, rank, stride, rank, outputs * PANEL);
      outer(slope, 4 * low, 4 * bGradient, rows, outputs, rank, stride, rank, rank);
      outer(lowSlope, 4 * (dropped ?? x), 4 * aGradient, rows, rank, width, rank, inputs, width);
      if (dx !== undefined) this.#addLowGradient(aBack, index, rows, dx);
    }
  }

  /** The accumulated gradients in the adapter's own layout. */
  gradients(): Pairs {
    const { memory, rank, scale } = this.#options;
    const { floats } = memory;
    const read = ({ module, outputs, aGradient, bGradient }: Low): [TargetModule, AdapterPair] => {
      const a = new Float32Array(rank * this.inputs);
      const b = new Float32Array(outputs * rank);
      for (let row = 0; row < rank; row++) {
        const start = aGradient + row * padded(this.inputs);
        a.set(floats.subarray(start, start + this.inputs), row * this.inputs);
      }
      for (let row = 0; row < outputs; row++) {
        const start = bGradient + row * this.#rank;
        for (let column = 0; column < rank; column++)
          b[row * rank + column] = scale * (floats[start + column] ?? 0);
      }
      return [module, { a, b }];
    };
    return Object.fromEntries(this.#lows.map(read));
  }

  /** `dx += (dlow·A) ∘ mask` */
  #addLowGradient(aBack: number, index: number, rows: number, dx: number): void {
    const { kernels, scratch, dropout } = this.#options;
    const [inputs, rank, width] = [this.inputs, this.#rank, padded(this.inputs)];
    const [slope, w] = [4 * scratch.lowGradient, 4 * aBack];
    if (!dropout.isActive) {
      kernels.projectAdd(slope, w, 4 * dx, rows, rank, width, rank, width, rank * PANEL);
      return;
    }
    const gradient = scratch.droppedGradient;
    kernels.project(slope, w, 4 * gradient, rows, rank, width, rank, width, rank * PANEL);
    dropout.add(gradient, dx, { rows, width: inputs, stride: width }, index);
  }

  #across(columns: number): { readonly columns: number; readonly inner: number } {
    return { columns, inner: this.#rank };
  }

  #allocateLow(layer: number, module: TargetModule, outputs: number, offset: number): Low {
    const { memory, capacity, dropout } = this.#options;
    const [rank, inputs] = [this.#rank, this.inputs];
    const block = (height: number, width: number): number => memory.allocate(height * width);
    return {
      ...{ module, outputs, offset },
      index: layer * TARGET_MODULES.length + TARGET_MODULES.indexOf(module),
      a: block(rank, inputs),
      b: block(padded(outputs), rank),
      aBack: block(padded(inputs), rank),
      bBack: block(rank, outputs),
      low: block(capacity, rank),
      dropped: dropout.isActive ? block(capacity, inputs) : undefined,
      aGradient: block(rank, padded(inputs)),
      bGradient: block(outputs, rank),
    };
  }
}

/** The matrices stacked by outputs and packed for multiplication from the other side. */
const packedBack = (matrices: readonly Matrix[]): Float32Array => {
  const inputs = matrices[0]?.inputs ?? 0;
  const outputs = matrices.reduce((sum, matrix) => sum + matrix.outputs, 0);
  const whole = new Float32Array(outputs * inputs);
  let start = 0;
  for (const { data } of matrices) {
    whole.set(data, start);
    start += data.length;
  }
  const panels = new Float32Array(padded(inputs) * outputs);
  packInto(panels, whole, { columns: inputs, inner: outputs, columnStride: 1, innerStride: inputs });
  return panels;
};
