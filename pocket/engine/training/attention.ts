/**
 * Causal attention within samples, forward and backward.
 *
 * 1. A row's queries, keys and values stay where they were projected; queries and keys are rotated in place.
 * 2. Scores need the keys of a head in panels of eight positions (`interleave`); so do the gradients of probabilities
 *    with values. The panels are made for one sample at a time. All other products read the rows.
 * 3. A block of queries sees its sample up to its last query, rounded up to eight positions. Positions that a query
 *    must not see have probability 0, so the rows after a sample only have to be finite numbers.
 * 4. The backward pass computes the probabilities again, from the scores' maxima and sums.
 */
import type { ModelShape } from "../checkpoint.ts";
import type { FloatMemory } from "../kernels/float-memory.ts";
import type { TrainingKernels } from "../kernels/kernels.ts";
import { PANEL } from "../kernels/layout.ts";
import { padded } from "../kernels/packed-weights.ts";
import { maskRow } from "../kernels/softmax.ts";
import { rotations } from "../rotary.ts";
import type { Rows, Segment } from "./segments.ts";

/** Queries per block. */
const QUERY_BLOCK = 16;
/** Zeros, and then large negative numbers, in the row that is the causal mask of all queries. */
const MASK_REACH = QUERY_BLOCK + PANEL;

/** Rows that the kernels may read after a batch's last. */
export const ROWS_AFTER = PANEL;

/** Rows of a matrix: position in floats, and floats from one row to the next. */
export interface Block {
  readonly at: number;
  readonly stride: number;
}

/** What attention reads and writes, or the gradient of it. */
export interface AttentionRows {
  /** `[queries, heads * headDimension]` */
  readonly queries: Block;
  /** Keys, then values. `[rows, 2 * keyValueHeads * headDimension]` */
  readonly keysValues: Block;
  /** `[queries, heads * headDimension]` */
  readonly attended: Block;
}

/** Cosines and sines by position. */
interface Angles {
  readonly cosine: number;
  readonly sine: number;
  readonly negativeSine: number;
}

/** Some queries of one head of one sample. */
interface Work {
  readonly head: number;
  /** First query's row. */
  readonly row: number;
  readonly rows: number;
  /** First row of the sample, and number of its positions that are computed. */
  readonly start: number;
  readonly columns: number;
  readonly position: number;
}

export class Attention {
  readonly #shape: ModelShape;
  readonly #memory: FloatMemory;
  readonly #kernels: TrainingKernels;
  /** Maximum number of rows. */
  readonly #capacity: number;
  readonly #keyAngles: Angles;
  /** Scaled by `1 / sqrt(headDimension)`. */
  readonly #queryAngles: Angles;
  readonly #mask: number;
  /** Floats per row of scores. */
  readonly #stride: number;
  readonly #scores: number;
  readonly #slopes: number;
  /** `[ceil(context / 8), headDimension, 8]` */
  readonly #keyPanels: number;
  readonly #valuePanels: number;

  constructor(memory: FloatMemory, kernels: TrainingKernels, shape: ModelShape, capacity: number) {
    this.#shape = shape;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#capacity = capacity;
    this.#keyAngles = storeAngles(memory, shape, 1);
    this.#queryAngles = storeAngles(memory, shape, 1 / Math.sqrt(shape.headDimension));
    this.#mask = memory.store(maskRow(MASK_REACH, MASK_REACH));
    this.#stride = padded(shape.context);
    this.#scores = memory.allocate(QUERY_BLOCK * this.#stride);
    this.#slopes = memory.allocate(QUERY_BLOCK * this.#stride);
    this.#keyPanels = memory.allocate(this.#stride * shape.headDimension);
    this.#valuePanels = memory.allocate(this.#stride * shape.headDimension);
  }

  /** Memory for one layer's maxima and sums, `[heads, capacity, 2]`. */
  allocateStatistics(): number {
    return this.#memory.allocate(2 * this.#shape.heads * this.#capacity);
  }

  /** Writes `attended`, and rotates queries and keys. */
  forward(rows: Rows, { queries, keysValues, attended }: AttentionRows, statistics: number): void {
    const { headDimension } = this.#shape;
    const { projectRows, softmax } = this.#kernels;
    const [scores, stride] = [4 * this.#scores, this.#stride];
    this.#rotate(rows, queries, keysValues, 1);
    this.#eachGroup(rows, (segment, group) => {
      this.#interleave(segment, keysValues, group, this.#keyPanels);
      this.#eachBlock(segment, group, (work) => {
        const { head, row, rows: count, columns, start } = work;
        this.#score(work, queries);
        const [masked, mask] = this.#maskOf(work);
        softmax(scores, mask, this.#statisticsAt(statistics, head, row), count, columns, masked, stride, 1);
        const values = 4 * (keysValues.at + start * keysValues.stride + this.#valueColumn(group));
        const out = 4 * (attended.at + row * attended.stride + head * headDimension);
        const [from, to] = [keysValues.stride, attended.stride];
        projectRows(scores, values, out, count, columns, headDimension, stride, to, from);
      });
    });
  }

  /** Writes the gradients of queries, keys and values from that of `attended`. */
  backward(rows: Rows, values: AttentionRows, gradients: AttentionRows, statistics: number): void {
    const { queries, keysValues } = gradients;
    const { floats } = this.#memory;
    floats.fill(0, keysValues.at, keysValues.at + rows.rows * keysValues.stride);
    this.#eachGroup(rows, (segment, group) => {
      this.#interleave(segment, values.keysValues, group, this.#keyPanels);
      this.#interleave(segment, values.keysValues, group + this.#shape.keyValueHeads, this.#valuePanels);
      this.#eachBlock(segment, group, (work) =>
        this.#backwardBlock(work, group, values, gradients, statistics),
      );
    });
    this.#rotate(rows, queries, keysValues, -1);
  }

  #backwardBlock(
    work: Work,
    group: number,
    values: AttentionRows,
    gradients: AttentionRows,
    statistics: number,
  ): void {
    const { head, row, rows, start, columns } = work;
    const { headDimension: width } = this.#shape;
    const { project, projectRows, outer, softmaxBack } = this.#kernels;
    const [scores, slopes, stride] = [4 * this.#scores, 4 * this.#slopes, this.#stride];
    const at = (block: Block, first: number, column: number): number =>
      4 * (block.at + first * block.stride + column);
    const [key, value, feature] = [group * width, this.#valueColumn(group), head * width];
    const query = at(values.queries, row, feature);
    const out = at(values.attended, row, feature);
    const outSlope = at(gradients.attended, row, feature);
    const [queryStride, outStride] = [values.queries.stride, values.attended.stride];
    const [slopeStride, rowStride] = [gradients.attended.stride, gradients.keysValues.stride];
    this.#score(work, values.queries);
    const panels = 4 * this.#valuePanels;
    project(outSlope, panels, slopes, rows, width, columns, slopeStride, stride, width * PANEL);
    const [masked, mask] = this.#maskOf(work);
    const sums = this.#statisticsAt(statistics, head, row);
    softmaxBack(
      scores,
      slopes,
      mask,
      sums,
      out,
      outSlope,
      rows,
      columns,
      masked,
      stride,
      outStride,
      slopeStride,
    );
    const valueSlope = at(gradients.keysValues, start, value);
    outer(scores, outSlope, valueSlope, rows, columns, width, stride, slopeStride, rowStride);
    const keySlope = at(gradients.keysValues, start, key);
    outer(slopes, query, keySlope, rows, columns, width, stride, queryStride, rowStride);
    const [keys, querySlope] = [at(values.keysValues, start, key), at(gradients.queries, row, feature)];
    const [from, to] = [values.keysValues.stride, gradients.queries.stride];
    projectRows(slopes, keys, querySlope, rows, columns, width, stride, to, from);
  }

  /** Computes a block's scores. */
  #score({ head, row, rows, columns }: Work, { at, stride }: Block): void {
    const { headDimension } = this.#shape;
    const queries = 4 * (at + row * stride + head * headDimension);
    const [keys, scores, panel] = [4 * this.#keyPanels, 4 * this.#scores, headDimension * PANEL];
    this.#kernels.project(queries, keys, scores, rows, headDimension, columns, stride, this.#stride, panel);
  }

  /** Number of columns that the mask covers, and its address for the first row. */
  #maskOf({ position, columns }: Work): [masked: number, address: number] {
    const seen = position + 1;
    const from = seen - (seen % 4);
    return [columns - from, 4 * (this.#mask + MASK_REACH + from - seen)];
  }

  /** The samples' groups of query heads that share keys and values. */
  #eachGroup({ segments }: Rows, work: (segment: Segment, group: number) => void): void {
    for (const segment of segments)
      for (let group = 0; group < this.#shape.keyValueHeads; group++) work(segment, group);
  }

  #eachBlock(
    { start, queryStart, queries, position }: Segment,
    group: number,
    run: (work: Work) => void,
  ): void {
    const { heads, keyValueHeads } = this.#shape;
    const size = heads / keyValueHeads;
    for (let head = group * size; head < (group + 1) * size; head++) {
      for (let first = 0; first < queries; first += QUERY_BLOCK) {
        const rows = Math.min(QUERY_BLOCK, queries - first);
        const columns = padded(position + first + rows);
        run({ head, row: queryStart + first, rows, start, columns, position: position + first });
      }
    }
  }

  /** Rotates queries and keys by their positions; `direction` -1 is the inverse rotation, for gradients. */
  #rotate({ segments }: Rows, queries: Block, keys: Block, direction: 1 | -1): void {
    const { heads, keyValueHeads, headDimension } = this.#shape;
    const turn = (
      angles: Angles,
      block: Block,
      row: number,
      position: number,
      rows: number,
      count: number,
    ) => {
      const sine = direction === 1 ? angles.sine : angles.negativeSine;
      const offset = (position * headDimension) / 2;
      const at = 4 * (block.at + row * block.stride);
      this.#kernels.rotate(at, 4 * (angles.cosine + offset), 4 * (sine + offset), rows, count, block.stride);
    };
    for (const segment of segments) {
      turn(this.#queryAngles, queries, segment.queryStart, segment.position, segment.queries, heads);
      turn(this.#keyAngles, keys, segment.start, 0, segment.length, keyValueHeads);
    }
  }

  #interleave({ start, length }: Segment, { at, stride }: Block, head: number, panels: number): void {
    const x = 4 * (at + start * stride + head * this.#shape.headDimension);
    this.#kernels.interleave(x, 4 * panels, length, stride);
  }

  #valueColumn(group: number): number {
    return (this.#shape.keyValueHeads + group) * this.#shape.headDimension;
  }

  #statisticsAt(statistics: number, head: number, row: number): number {
    return 4 * (statistics + 2 * (head * this.#capacity + row));
  }
}

const storeAngles = (memory: FloatMemory, shape: ModelShape, scale: number): Angles => {
  const { cosine, sine } = rotations(shape);
  const store = (values: Float32Array, factor: number): number =>
    memory.store(values.map((value) => value * factor));
  return {
    cosine: store(cosine, scale),
    sine: store(sine, scale),
    negativeSine: store(sine, -scale),
  };
};
