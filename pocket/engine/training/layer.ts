/**
 * One layer of the training network, forward and backward: attention and feed-forward, each with a residual.
 *
 * 1. A layer computes keys and values of all rows, and everything else of its queries only (see `segments.ts`). Its
 *    input has all rows; its output has the queries.
 * 2. It keeps its activations until the backward pass. Gradients of activations are in `Gradients`, which all layers
 *    share.
 */
import type { LayerWeights, ModelShape, TargetModule } from "../checkpoint.ts";
import { padded } from "../kernels/packed-weights.ts";
import { type Attention, type AttentionRows, ROWS_AFTER } from "./attention.ts";
import { LoraLinear, type LoraLinearOptions } from "./lora-linear.ts";
import { gatherQueries, type Rows, scatterQueries } from "./segments.ts";

/** Positions of the gradients of one layer's activations. */
export interface Gradients {
  /** Of the layer's output, and then of the residual stream after attention. `[queries, hidden]` */
  readonly output: number;
  /** Of the layer's input. `[rows, hidden]`; the same memory as `output` if all rows are queries. */
  readonly input: number;
  readonly normed: number;
  readonly queryNormed: number;
  readonly queries: number;
  readonly keysValues: number;
  readonly attended: number;
  readonly feed: number;
  readonly gated: number;
}

export interface LayerOptions {
  readonly index: number;
  readonly shape: ModelShape;
  readonly weights: LayerWeights;
  readonly linear: LoraLinearOptions;
  readonly attention: Attention;
  readonly targets: readonly TargetModule[];
  /** All rows are queries. */
  readonly isWhole: boolean;
  readonly gradients: Gradients;
}

export class Layer {
  /** The residual stream. `[capacity, hidden]` */
  readonly input: number;
  /** All linear layers, in the order of their modules. */
  readonly linears: readonly LoraLinear[];
  readonly #options: LayerOptions;
  readonly #queries: LoraLinear;
  readonly #keysValues: LoraLinear;
  readonly #attentionOut: LoraLinear;
  readonly #feedIn: LoraLinear;
  readonly #feedOut: LoraLinear;
  readonly #inputNorm: number;
  readonly #outputNorm: number;
  readonly #statistics: number;
  readonly #normed: number;
  /** The queries' rows of `normed`. */
  readonly #queryNormed: number;
  readonly #attentionRows: AttentionRows;
  /** The residual stream after attention. */
  readonly #middle: number;
  readonly #feedNormed: number;
  readonly #feed: number;
  readonly #gated: number;

  constructor(options: LayerOptions) {
    const { index, shape, weights, linear, attention, targets, isWhole } = options;
    const { memory, capacity } = linear;
    const make = (...modules: TargetModule[]): LoraLinear =>
      new LoraLinear(linear, index, weights, modules, targets);
    const block = (width: number): number => memory.allocate((capacity + ROWS_AFTER) * width);
    this.#options = options;
    this.#queries = make("q_proj");
    this.#keysValues = make("k_proj", "v_proj");
    this.#attentionOut = make("o_proj");
    this.#feedIn = make("gate_proj", "up_proj");
    this.#feedOut = make("down_proj");
    this.linears = [this.#queries, this.#keysValues, this.#attentionOut, this.#feedIn, this.#feedOut];
    this.#inputNorm = memory.store(weights.inputNorm);
    this.#outputNorm = memory.store(weights.outputNorm);
    this.#statistics = attention.allocateStatistics();
    this.input = block(shape.hidden);
    this.#normed = block(shape.hidden);
    this.#queryNormed = isWhole ? this.#normed : block(shape.hidden);
    this.#attentionRows = this.#blocks(block(this.#queries.stride), block(this.#keysValues.stride), {
      at: block(this.#attentionOut.inputs),
      stride: this.#attentionOut.inputs,
    });
    this.#middle = block(shape.hidden);
    this.#feedNormed = block(shape.hidden);
    this.#feed = block(this.#feedIn.stride);
    this.#gated = block(this.#feedOut.inputs);
  }

  /** Copies of the dropout factors; rows are those that a module computes. */
  masks({ rows, queries }: Rows): Partial<Record<TargetModule, Float32Array>> {
    const copies = this.linears.map((each) => each.masks(each === this.#keysValues ? rows : queries));
    return Object.assign({}, ...copies);
  }

  /** Reads `input` and writes `[queries, hidden]` to `output`. */
  forward(rows: Rows, output: number): void {
    const { shape, attention, linear, isWhole } = this.#options;
    const { hidden, intermediate } = shape;
    const { normalise, gate } = linear.kernels;
    const { queries, keysValues, attended } = this.#attentionRows;
    const count = rows.queries;
    normalise(4 * this.input, 4 * this.#inputNorm, 4 * this.#normed, rows.rows, hidden);
    if (!isWhole) gatherQueries(linear.memory, rows, this.#normed, this.#queryNormed, hidden);
    this.#queries.forward(this.#queryNormed, queries.at, count);
    this.#keysValues.forward(this.#normed, keysValues.at, rows.rows);
    attention.forward(rows, this.#attentionRows, this.#statistics);
    gatherQueries(linear.memory, rows, this.input, this.#middle, hidden);
    this.#attentionOut.forward(attended.at, this.#middle, count, true);
    normalise(4 * this.#middle, 4 * this.#outputNorm, 4 * this.#feedNormed, count, hidden);
    this.#feedIn.forward(this.#feedNormed, this.#feed, count);
    gate(4 * this.#feed, 4 * this.#gated, count, intermediate);
    linear.memory.floats.copyWithin(output, this.#middle, this.#middle + count * hidden);
    this.#feedOut.forward(this.#gated, output, count, true);
  }

  /**
   * Replaces the gradient of the layer's output by that of its input, and adds the gradients of its adapters. The
   * first layer (`isFirst`) leaves out the gradient of its input.
   */
  backward(rows: Rows, isFirst: boolean): void {
    const { shape, attention, linear, gradients } = this.#options;
    const { output, queries, keysValues, attended, feed, gated, normed } = gradients;
    const { normaliseBack, gateBack } = linear.kernels;
    const { hidden, intermediate } = shape;
    const count = rows.queries;
    this.#feedOut.backward(this.#gated, output, count, gated);
    gateBack(4 * this.#feed, 4 * gated, 4 * feed, count, intermediate, padded(intermediate));
    this.#feedIn.backward(this.#feedNormed, feed, count, normed);
    normaliseBack(4 * this.#middle, 4 * this.#outputNorm, 4 * normed, 4 * output, count, hidden);
    this.#attentionOut.backward(this.#attentionRows.attended.at, output, count, attended);
    const slopes = this.#blocks(queries, keysValues, {
      at: attended,
      stride: padded(this.#attentionOut.inputs),
    });
    attention.backward(rows, this.#attentionRows, slopes, this.#statistics);
    this.#keysValues.backward(this.#normed, keysValues, rows.rows, isFirst ? undefined : normed);
    if (isFirst) this.#queries.backward(this.#queryNormed, queries, count, undefined);
    else this.#backwardInput(rows);
  }

  #backwardInput(rows: Rows): void {
    const { shape, linear, gradients, isWhole } = this.#options;
    const { input, output, normed, queryNormed, queries } = gradients;
    const { memory, kernels } = linear;
    const { hidden } = shape;
    const count = rows.queries;
    if (isWhole) this.#queries.backward(this.#queryNormed, queries, count, normed, true);
    else {
      gatherQueries(memory, rows, normed, queryNormed, hidden);
      this.#queries.backward(this.#queryNormed, queries, count, queryNormed, true);
      scatterQueries(memory, rows, queryNormed, normed, hidden);
      memory.floats.fill(0, input, input + rows.rows * hidden);
      scatterQueries(memory, rows, output, input, hidden);
    }
    kernels.normaliseBack(4 * this.input, 4 * this.#inputNorm, 4 * normed, 4 * input, rows.rows, hidden);
  }

  #blocks(queries: number, keysValues: number, attended: AttentionRows["attended"]): AttentionRows {
    return {
      queries: { at: queries, stride: this.#queries.stride },
      keysValues: { at: keysValues, stride: this.#keysValues.stride },
      attended,
    };
  }
}
