/**
 * Causal attention within samples, forward and backward. The rows contain one sample after another.
 *
 * 1. A sample starts at a multiple of 8 rows and its length is a multiple of 8. Its padding comes last, so no real
 *    query attends to it, and it has no gradient.
 * 2. Heads are separate and padded to whole panels: `[heads, capacity, padded(headDimension)]`. Padding stays zero.
 * 3. Keys and values are stored in two layouts: by position for scores (`[capacity / 8, dimension, 8]`), and by
 *    feature for weighted sums (`[dimension / 8, capacity, 8]`).
 * 4. Queries are scaled when they are rotated. The backward pass computes the probabilities again instead of storing
 *    them.
 */
import type { ModelShape } from "../checkpoint.ts";
import type { FloatMemory } from "../kernels/float-memory.ts";
import { QUERY_BLOCK, type TrainingKernels } from "../kernels/kernels.ts";
import { PANEL } from "../kernels/layout.ts";
import { padded } from "../kernels/packed-weights.ts";
import { type Rotations, rotations } from "../rotary.ts";

/** A sample's rows: `length` rows from `start`. */
export interface Segment {
  readonly start: number;
  readonly length: number;
}

const MASKED = -1e30;

/** Both layouts of the keys or of the values of one layer. Positions in floats. */
interface Panels {
  readonly byPosition: number;
  readonly byFeature: number;
}

/** The tensors of one layer that the backward pass needs. */
export interface AttentionState {
  readonly queries: number;
  readonly keys: Panels;
  readonly values: Panels;
}

export class Attention {
  readonly #shape: ModelShape;
  readonly #memory: FloatMemory;
  readonly #kernels: TrainingKernels;
  readonly #rotations: Rotations;
  /** Maximum number of rows. */
  readonly #capacity: number;
  readonly #dimension: number;
  /** Floats per row of scores. */
  readonly #stride: number;
  readonly #mask: number;
  readonly #scores: number;
  readonly #slopes: number;
  /** By query head: the attention output or its gradient, and the gradient of the queries. */
  readonly #attended: number;
  readonly #queryGradient: number;
  readonly #keyGradient: number;
  readonly #valueGradient: number;

  constructor(memory: FloatMemory, kernels: TrainingKernels, shape: ModelShape, capacity: number) {
    this.#shape = shape;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#rotations = rotations(shape);
    this.#capacity = capacity;
    this.#dimension = padded(shape.headDimension);
    this.#stride = padded(shape.context);
    this.#mask = memory.store(causalMask());
    this.#scores = memory.allocate(QUERY_BLOCK * this.#stride);
    this.#slopes = memory.allocate(QUERY_BLOCK * this.#stride);
    this.#attended = this.#heads(shape.heads);
    this.#queryGradient = this.#heads(shape.heads);
    this.#keyGradient = this.#heads(shape.keyValueHeads);
    this.#valueGradient = this.#heads(shape.keyValueHeads);
  }

  allocateState(): AttentionState {
    const { heads, keyValueHeads } = this.#shape;
    const panels = (): Panels => ({
      byPosition: this.#heads(keyValueHeads),
      byFeature: this.#heads(keyValueHeads),
    });
    return { queries: this.#heads(heads), keys: panels(), values: panels() };
  }

  /**
   * `projected` rows are `[queries, keys, values]` with `stride` floats per row; the result in `out` is `[rows, heads
   * * headDimension]`.
   */
  forward(
    state: AttentionState,
    segments: readonly Segment[],
    projected: number,
    stride: number,
    out: number,
  ): void {
    this.#split(state, segments, projected, stride);
    this.#eachBlock(segments, (head, block) => {
      this.#probabilities(state, head, block);
      const { rows, columns } = block;
      const [scores, dimension, stride] = [4 * this.#scores, this.#dimension, this.#stride];
      const values = 4 * (this.#panelsOf(state, head).values.byFeature + block.start * PANEL);
      const y = 4 * this.#at(this.#attended, head, block.query);
      const panel = this.#capacity * PANEL;
      this.#kernels.project(scores, values, y, rows, columns, dimension, stride, dimension, panel);
    });
    const { heads, headDimension } = this.#shape;
    this.#join(segments, out, heads * headDimension);
  }

  /**
   * Computes the gradient of the projected rows (`stride` floats per row) from the gradient of `out` (`outStride`
   * floats per row).
   */
  backward(
    state: AttentionState,
    segments: readonly Segment[],
    outGradient: number,
    outStride: number,
    gradient: number,
    stride: number,
  ): void {
    this.#splitGradient(segments, outGradient, outStride);
    const { floats } = this.#memory;
    const size = this.#shape.keyValueHeads * this.#capacity * this.#dimension;
    for (const start of [this.#keyGradient, this.#valueGradient]) floats.fill(0, start, start + size);
    this.#eachBlock(segments, (head, block) => this.#backwardBlock(state, head, block));
    this.#joinGradient(segments, gradient, stride);
  }

  #backwardBlock(state: AttentionState, head: number, block: Block): void {
    const { start, query, rows, columns } = block;
    const { keys, values, group } = this.#panelsOf(state, head);
    const { outer, project, softmaxBack } = this.#kernels;
    const [width, stride, panel] = [this.#dimension, this.#stride, this.#capacity * PANEL];
    const [scores, slopes] = [4 * this.#scores, 4 * this.#slopes];
    const outSlope = 4 * this.#at(this.#attended, head, query);
    const querySlope = 4 * this.#at(this.#queryGradient, head, query);
    const keySlope = 4 * this.#at(this.#keyGradient, group, start);
    const valueSlope = 4 * this.#at(this.#valueGradient, group, start);
    const byPosition = 4 * (values.byPosition + start * width);
    this.#probabilities(state, head, block);
    project(outSlope, byPosition, slopes, rows, width, columns, width, stride, width * PANEL);
    outer(scores, outSlope, valueSlope, rows, columns, width, stride, width, width);
    softmaxBack(scores, slopes, rows, columns, stride);
    project(
      slopes,
      4 * (keys.byFeature + start * PANEL),
      querySlope,
      rows,
      columns,
      width,
      stride,
      width,
      panel,
    );
    outer(
      slopes,
      4 * this.#at(state.queries, head, query),
      keySlope,
      rows,
      columns,
      width,
      stride,
      width,
      width,
    );
  }

  /** Computes a block's probabilities into `#scores`. */
  #probabilities(state: AttentionState, head: number, { start, query, rows, columns }: Block): void {
    const [width, stride, scores] = [this.#dimension, this.#stride, 4 * this.#scores];
    const keys = 4 * (this.#panelsOf(state, head).keys.byPosition + start * width);
    const queries = 4 * this.#at(state.queries, head, query);
    this.#kernels.project(queries, keys, scores, rows, width, columns, width, stride, width * PANEL);
    this.#kernels.softmax(scores, 4 * this.#mask, rows, columns, rows, stride);
  }

  #eachBlock(segments: readonly Segment[], work: (head: number, block: Block) => void): void {
    for (let head = 0; head < this.#shape.heads; head++) {
      for (const { start, length } of segments) {
        for (let first = 0; first < length; first += QUERY_BLOCK) {
          const rows = Math.min(QUERY_BLOCK, length - first);
          work(head, { start, query: start + first, rows, columns: first + rows });
        }
      }
    }
  }

  /** Rotates queries and keys, scales queries, and stores all by head. */
  #split(state: AttentionState, segments: readonly Segment[], projected: number, stride: number): void {
    const { heads, keyValueHeads, headDimension } = this.#shape;
    const scale = 1 / Math.sqrt(headDimension);
    const { floats } = this.#memory;
    this.#eachRow(segments, (row, position) => {
      const source = projected + row * stride;
      for (let head = 0; head < heads; head++) {
        const target = this.#at(state.queries, head, row);
        this.#turn(source + head * headDimension, target, position, scale, 1);
      }
      for (let head = 0; head < keyValueHeads; head++) {
        const key = source + (heads + head) * headDimension;
        this.#turn(key, key, position, 1, 1);
        this.#lay(state.keys, head, row, floats, key);
        this.#lay(state.values, head, row, floats, key + keyValueHeads * headDimension);
      }
    });
  }

  /** Writes one row of a head in both layouts. */
  #lay(
    { byPosition, byFeature }: Panels,
    head: number,
    row: number,
    floats: Float32Array,
    from: number,
  ): void {
    const size = head * this.#capacity * this.#dimension;
    const position = byPosition + size + Math.floor(row / PANEL) * this.#dimension * PANEL + (row % PANEL);
    const feature = byFeature + size + row * PANEL;
    for (let index = 0; index < this.#shape.headDimension; index++) {
      const value = floats[from + index] ?? 0;
      floats[position + index * PANEL] = value;
      floats[feature + Math.floor(index / PANEL) * this.#capacity * PANEL + (index % PANEL)] = value;
    }
  }

  /** Joins the heads' outputs side by side. */
  #join(segments: readonly Segment[], out: number, stride: number): void {
    const { heads, headDimension } = this.#shape;
    const { floats } = this.#memory;
    this.#eachRow(segments, (row) => {
      for (let head = 0; head < heads; head++) {
        const from = this.#at(this.#attended, head, row);
        floats.copyWithin(out + row * stride + head * headDimension, from, from + headDimension);
      }
    });
  }

  #splitGradient(segments: readonly Segment[], gradient: number, stride: number): void {
    const { heads, headDimension } = this.#shape;
    const { floats } = this.#memory;
    this.#eachRow(segments, (row) => {
      for (let head = 0; head < heads; head++) {
        const from = gradient + row * stride + head * headDimension;
        const to = this.#at(this.#attended, head, row);
        floats.copyWithin(to, from, from + headDimension);
        floats.fill(0, to + headDimension, to + this.#dimension);
      }
    });
  }

  /** Rotates the gradients of queries and keys back, and joins them with those of the values. */
  #joinGradient(segments: readonly Segment[], gradient: number, stride: number): void {
    const { heads, keyValueHeads, headDimension } = this.#shape;
    const scale = 1 / Math.sqrt(headDimension);
    const { floats } = this.#memory;
    this.#eachRow(segments, (row, position) => {
      const target = gradient + row * stride;
      for (let head = 0; head < heads; head++) {
        const from = this.#at(this.#queryGradient, head, row);
        this.#turn(from, target + head * headDimension, position, scale, -1);
      }
      for (let head = 0; head < keyValueHeads; head++) {
        const key = target + (heads + head) * headDimension;
        this.#turn(this.#at(this.#keyGradient, head, row), key, position, 1, -1);
        const from = this.#at(this.#valueGradient, head, row);
        floats.copyWithin(key + keyValueHeads * headDimension, from, from + headDimension);
      }
    });
  }

  /** Rotary embedding of one head's row; `direction` -1 is the inverse rotation. */
  #turn(from: number, to: number, position: number, scale: number, direction: 1 | -1): void {
    const half = this.#shape.headDimension / 2;
    const { floats } = this.#memory;
    const { cosine: cosines, sine: sines } = this.#rotations;
    for (let index = 0; index < half; index++) {
      const cosine = (cosines[position * half + index] ?? 0) * scale;
      const sine = (sines[position * half + index] ?? 0) * scale * direction;
      const low = floats[from + index] ?? 0;
      const high = floats[from + index + half] ?? 0;
      floats[to + index] = low * cosine - high * sine;
      floats[to + index + half] = high * cosine + low * sine;
    }
  }

  #eachRow(segments: readonly Segment[], work: (row: number, position: number) => void): void {
    for (const { start, length } of segments)
      for (let position = 0; position < length; position++) work(start + position, position);
  }

  /** The keys and values that a query head attends to. */
  #panelsOf(
    { keys, values }: AttentionState,
    head: number,
  ): { readonly keys: Panels; readonly values: Panels; readonly group: number } {
    const { heads, keyValueHeads } = this.#shape;
    const group = Math.floor(head / (heads / keyValueHeads));
    const offset = group * this.#capacity * this.#dimension;
    const shifted = ({ byPosition, byFeature }: Panels): Panels => ({
      byPosition: byPosition + offset,
      byFeature: byFeature + offset,
    });
    return { keys: shifted(keys), values: shifted(values), group };
  }

  #at(base: number, head: number, row: number): number {
    return base + (head * this.#capacity + row) * this.#dimension;
  }

  #heads(count: number): number {
    return this.#memory.allocate(count * this.#capacity * this.#dimension);
  }
}

/**
 * A block of queries of one sample: `rows` rows from row `query`, which attend to `columns` positions from row
 * `start`.
 */
interface Block {
  readonly start: number;
  readonly query: number;
  readonly rows: number;
  readonly columns: number;
}

/** Zero up to the diagonal, a large negative number beyond it. `[QUERY_BLOCK, QUERY_BLOCK]` */
const causalMask = (): Float32Array =>
  Float32Array.from({ length: QUERY_BLOCK * QUERY_BLOCK }, (_, index) =>
    index % QUERY_BLOCK > Math.floor(index / QUERY_BLOCK) ? MASKED : 0,
  );
