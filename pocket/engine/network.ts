/**
 * The forward pass over a batch of rows, with a key-value cache in slots.
 *
 * Decoding and prompts use the same pass: a row is one token at one position of one slot. All rows of a layer store
 * their keys and values before any row attends, so a prompt is simply many rows of one slot.
 *
 * The pass does not use an array library, because jitted jax-js copies the cache at every step
 * (`experiments/LOG.md`). These kernels work in place; `npm run -s bench:engine` compares them with `transformers`.
 *
 * 1. Rows with the same weights are contiguous, as the batch's groups state; groups cover all rows in order.
 * 2. A slot's rows have consecutive positions, and its cache already contains all earlier positions.
 * 3. In the last layer only the wanted rows are computed beyond their keys and values.
 * 4. Positions in memory are in floats; the kernels take bytes.
 */
import type { Checkpoint, ModelShape } from "./checkpoint.ts";
import type { FloatMemory } from "./kernels/float-memory.ts";
import { compileKernels, type Kernels } from "./kernels/kernels.ts";
import { PANEL } from "./kernels/layout.ts";
import {
  type PackedLayer,
  type PackedWeights,
  packPanels,
  packWeights,
  padded,
} from "./kernels/packed-weights.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import { type Rotations, rotations } from "./rotary.ts";

/** Rows `start` (inclusive) to `end` (exclusive) use these weights. */
export interface RowGroup {
  readonly weights: PackedWeights;
  readonly start: number;
  readonly end: number;
}

export interface Rows {
  readonly count: number;
  /** `[count]` */
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  readonly slots: Int32Array;
  readonly groups: readonly RowGroup[];
  /** Rows whose logits are needed, in ascending order. */
  readonly wanted: readonly number[];
}

/** Start of each activation block in memory; each block has `rows` rows. */
interface Activations {
  readonly hidden: number;
  readonly normed: number;
  readonly attention: number;
  readonly attended: number;
  readonly feed: number;
  readonly gated: number;
  readonly logits: number;
  readonly scratch: number;
}

export class Network {
  readonly shape: ModelShape;
  /** Floats per row of logits; values beyond the vocabulary are padding. */
  readonly logitStride: number;
  readonly #memory: FloatMemory;
  readonly #kernels: Kernels;
  readonly #embedding: Float32Array;
  readonly #head: number;
  readonly #finalNorm: number;
  readonly #norms: readonly { readonly input: number; readonly output: number }[];
  readonly #cache: KeyValueCache;
  readonly #activations: Activations;
  readonly #rotations: Rotations;
  readonly #attentionWidth: number;

  constructor(memory: FloatMemory, checkpoint: Checkpoint, slots: number, rows: number) {
    const { shape } = checkpoint;
    this.shape = shape;
    this.logitStride = padded(shape.vocabulary);
    this.#memory = memory;
    this.#kernels = compileKernels(shape, memory.memory);
    this.#embedding = checkpoint.embedding.data;
    this.#head = memory.store(packPanels([checkpoint.head]));
    this.#finalNorm = memory.store(checkpoint.finalNorm);
    this.#norms = checkpoint.layers.map(({ inputNorm, outputNorm }) => ({
      input: memory.store(inputNorm),
      output: memory.store(outputNorm),
    }));
    this.#attentionWidth = padded((shape.heads + 2 * shape.keyValueHeads) * shape.headDimension);
    this.#cache = new KeyValueCache(memory, shape, slots);
    this.#activations = this.#allocateActivations(rows);
    this.#rotations = rotations(shape);
  }

  pack(checkpoint: Checkpoint): PackedWeights {
    return packWeights(this.#memory, checkpoint);
  }

  /** Computes the rows and stores the logits of the wanted rows; read them with `logits`. */
  forward(rows: Rows): void {
    const last = this.shape.layers - 1;
    this.#embed(rows);
    for (let layer = 0; layer < last; layer++) {
      this.#readContext(layer, rows);
      this.#writeResidual(layer, rows);
    }
    this.#readContext(last, rows);
    const wanted = this.#gatherWanted(rows);
    this.#writeResidual(last, wanted);
    this.#project(wanted.count);
  }

  /** Logits of the `index`th wanted row of the last pass: a view that is valid until the next pass. `[vocabulary]` */
  logits(index: number): Float32Array {
    const start = this.#activations.logits + index * this.logitStride;
    return this.#memory.floats.subarray(start, start + this.shape.vocabulary);
  }

  /** Copies the first `length` positions of one slot's cache to another. */
  copyPrefix(from: number, to: number, length: number): void {
    this.#cache.copyPrefix(from, to, length);
  }

  #allocateActivations(rows: number): Activations {
    const { hidden, intermediate, heads, headDimension, context } = this.shape;
    const block = (width: number): number => this.#memory.allocate(rows * width);
    return {
      hidden: block(hidden),
      normed: block(hidden),
      attention: block(this.#attentionWidth),
      attended: block(heads * headDimension),
      feed: block(padded(2 * intermediate)),
      gated: block(intermediate),
      logits: block(this.logitStride),
      scratch: this.#memory.allocate(context),
    };
  }

  #embed({ count, tokens }: Rows): void {
    const { hidden } = this.shape;
    const { floats } = this.#memory;
    for (let row = 0; row < count; row++) {
      const start = (tokens[row] ?? 0) * hidden;
      floats.set(this.#embedding.subarray(start, start + hidden), this.#activations.hidden + row * hidden);
    }
  }

  /** Computes queries, keys and values of the rows and stores keys and values in the cache. */
  #readContext(layer: number, rows: Rows): void {
    const { hidden, normed, attention } = this.#activations;
    this.#normalise(hidden, this.#norms[layer]?.input ?? 0, rows.count);
    this.#multiply(
      "project",
      rows,
      layer,
      "attentionIn",
      normed,
      attention,
      this.shape.hidden,
      this.#attentionWidth,
    );
    this.#rotateAndStore(layer, rows);
  }

  /** Attention and feed-forward, added to the residual stream. */
  #writeResidual(layer: number, rows: Rows): void {
    const { hidden: width, intermediate, heads, headDimension } = this.shape;
    const { hidden, attended, normed, feed, gated } = this.#activations;
    this.#attend(layer, rows);
    this.#multiply("projectAdd", rows, layer, "attentionOut", attended, hidden, heads * headDimension, width);
    this.#normalise(hidden, this.#norms[layer]?.output ?? 0, rows.count);
    this.#multiply("project", rows, layer, "feedIn", normed, feed, width, 2 * intermediate);
    this.#kernels.gate(4 * feed, 4 * gated, rows.count, intermediate);
    this.#multiply("projectAdd", rows, layer, "feedOut", gated, hidden, intermediate, width);
  }

  /** Moves the wanted rows' activations to the front, because the last layer needs no other rows. */
  #gatherWanted(rows: Rows): Rows {
    const { wanted, groups } = rows;
    if (wanted.length === rows.count) return rows;
    for (const [index, row] of wanted.entries()) {
      this.#moveRow(this.#activations.hidden, this.shape.hidden, row, index);
      this.#moveRow(this.#activations.attention, this.#attentionWidth, row, index);
    }
    const before = (end: number): number => wanted.filter((row) => row < end).length;
    return {
      count: wanted.length,
      wanted: [...wanted.keys()],
      tokens: pick(rows.tokens, wanted),
      positions: pick(rows.positions, wanted),
      slots: pick(rows.slots, wanted),
      groups: groups.map(({ weights, start, end }) => ({ weights, start: before(start), end: before(end) })),
    };
  }

  #moveRow(start: number, width: number, from: number, to: number): void {
    this.#memory.floats.copyWithin(start + to * width, start + from * width, start + (from + 1) * width);
  }

  #normalise(x: number, weight: number, rows: number): void {
    this.#kernels.normalise(4 * x, 4 * weight, 4 * this.#activations.normed, rows, this.shape.hidden);
  }

  #multiply(
    kernel: "project" | "projectAdd",
    { groups }: Rows,
    layer: number,
    matrix: keyof PackedLayer,
    x: number,
    y: number,
    inner: number,
    columns: number,
  ): void {
    for (const { weights, start, end } of groups) {
      const w = weights.layers[layer]?.[matrix] ?? 0;
      this.#kernels[kernel](
        4 * (x + start * inner),
        4 * w,
        4 * (y + start * columns),
        end - start,
        inner,
        columns,
        inner,
        columns,
        inner * PANEL,
      );
    }
  }

  /**
   * Rotates queries and keys (the `rotate_half` convention: dimension i pairs with i + half) and stores keys and
   * values in the cache.
   */
  #rotateAndStore(layer: number, { count, positions, slots }: Rows): void {
    const { heads, keyValueHeads, headDimension } = this.shape;
    const scale = 1 / Math.sqrt(headDimension);
    for (let row = 0; row < count; row++) {
      const position = positions[row] ?? 0;
      const query = this.#activations.attention + row * this.#attentionWidth;
      const key = query + heads * headDimension;
      for (let head = 0; head < heads; head++) this.#rotate(query + head * headDimension, position, scale);
      for (let head = 0; head < keyValueHeads; head++) {
        this.#rotate(key + head * headDimension, position, 1);
      }
      this.#cache.store(key, slots[row] ?? 0, layer, position);
    }
  }

  #rotate(start: number, position: number, scale: number): void {
    const half = this.shape.headDimension / 2;
    const { floats } = this.#memory;
    const { cosine: cosines, sine: sines } = this.#rotations;
    for (let index = 0; index < half; index++) {
      const cosine = (cosines[position * half + index] ?? 0) * scale;
      const sine = (sines[position * half + index] ?? 0) * scale;
      const low = floats[start + index] ?? 0;
      const high = floats[start + index + half] ?? 0;
      floats[start + index] = low * cosine - high * sine;
      floats[start + index + half] = high * cosine + low * sine;
    }
  }

  #attend(layer: number, { count, positions, slots }: Rows): void {
    const { attention, attended, scratch } = this.#activations;
    const width = this.shape.heads * this.shape.headDimension;
    for (let row = 0; row < count; row++) {
      const slot = slots[row] ?? 0;
      this.#kernels.attend(
        4 * (attention + row * this.#attentionWidth),
        4 * this.#cache.keys(slot, layer),
        4 * this.#cache.values(slot, layer),
        4 * (attended + row * width),
        (positions[row] ?? 0) + 1,
        4 * scratch,
      );
    }
  }

  /** Final norm and vocabulary projection of the first `count` rows. */
  #project(count: number): void {
    const { hidden, normed, logits } = this.#activations;
    this.#normalise(hidden, this.#finalNorm, count);
    const { hidden: width } = this.shape;
    const [columns, panel] = [this.logitStride, width * PANEL];
    this.#kernels.project(
      ...[4 * normed, 4 * this.#head, 4 * logits],
      ...[count, width, columns, width, columns, panel],
    );
  }
}

const pick = (values: Int32Array, rows: readonly number[]): Int32Array =>
  Int32Array.from(rows, (row) => values[row] ?? 0);
