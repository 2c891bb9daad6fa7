/**
 * The training loss and its gradient: a Llama's forward pass with low-rank adapters and a hand-written backward pass,
 * on the kernels of `kernels/`.
 *
 * 1. A batch consists of whole samples, one after another, each padded to a multiple of 8 rows; there is no other
 *    padding.
 * 2. Only adapters are trained: base weights are constants, and the embeddings get no gradient.
 * 3. The activations of every layer are kept until the backward pass; the attention probabilities are computed again.
 * 4. Gradients accumulate from `load` to `gradients`, over any number of batches.
 * 5. Positions in memory are in floats; the kernels take bytes.
 */
import { type Adapter, adapterScale } from "../adapter.ts";
import type { Checkpoint, TargetModule } from "../checkpoint.ts";
import { FloatMemory } from "../kernels/float-memory.ts";
import { compileTrainingKernels, type TrainingKernels } from "../kernels/kernels.ts";
import { PANEL } from "../kernels/layout.ts";
import { packInto, packPanels, padded } from "../kernels/packed-weights.ts";
import { Attention, type AttentionState, type Segment } from "./attention.ts";
import { LoraLinear, type LoraLinearOptions } from "./lora-linear.ts";
import type { EncodedSample } from "./samples.ts";

interface Layer {
  readonly attentionIn: LoraLinear;
  readonly attentionOut: LoraLinear;
  readonly feedIn: LoraLinear;
  readonly feedOut: LoraLinear;
  readonly attention: AttentionState;
  readonly inputNorm: number;
  readonly outputNorm: number;
  /** The residual stream before attention and before the feed-forward. `[capacity, hidden]` */
  readonly input: number;
  readonly middle: number;
  readonly attentionNormed: number;
  readonly feedNormed: number;
  readonly projected: number;
  readonly attended: number;
  readonly feed: number;
  readonly gated: number;
}

/** Scratch and gradients shared by all layers. */
interface Shared {
  /**
   * The residual stream after the last layer, and the gradient of the residual stream during the backward pass.
   * `[capacity, hidden]`
   */
  readonly output: number;
  readonly hidden: number;
  readonly normed: number;
  readonly projected: number;
  readonly attended: number;
  readonly feed: number;
  readonly gated: number;
}

/** The rows that predict a response token, packed together. */
interface Ending {
  readonly hidden: number;
  readonly normed: number;
  readonly logits: number;
  readonly normedGradient: number;
  readonly hiddenGradient: number;
  readonly norm: number;
  readonly head: number;
  readonly headBack: number;
}

/** Fills the dropout factors of one module. */
export type FillMask = (layer: number, module: TargetModule, mask: Float32Array) => void;

/** Number of rows of a sample, including padding. */
export const rowsOf = ({ tokens }: EncodedSample): number => padded(tokens.length);

export class TrainingNetwork {
  readonly #checkpoint: Checkpoint;
  readonly #memory = new FloatMemory();
  readonly #kernels: TrainingKernels;
  readonly #attention: Attention;
  readonly #layers: readonly Layer[];
  readonly #shared: Shared;
  readonly #ending: Ending;
  /** Floats per row of logits. */
  readonly #logitStride: number;

  /** @param capacity rows of the largest batch */
  constructor(
    checkpoint: Checkpoint,
    adapter: Pick<Adapter, "rank" | "alpha" | "dropout" | "targetModules">,
    capacity: number,
  ) {
    const { shape } = checkpoint;
    this.#checkpoint = checkpoint;
    this.#logitStride = padded(shape.vocabulary);
    this.#kernels = compileTrainingKernels(shape.epsilon, this.#memory.memory);
    this.#attention = new Attention(this.#memory, this.#kernels, shape, capacity);
    const widest = padded(Math.max(shape.hidden, shape.intermediate, shape.heads * shape.headDimension));
    const options: LoraLinearOptions = {
      ...{ memory: this.#memory, kernels: this.#kernels, capacity, rank: adapter.rank },
      scratch: {
        dropped: this.#memory.allocate(capacity * widest),
        lowGradient: this.#memory.allocate(capacity * padded(adapter.rank)),
      },
      scale: adapterScale(adapter),
      hasDropout: adapter.dropout > 0,
    };
    this.#layers = checkpoint.layers.map((_, layer) =>
      this.#allocateLayer(layer, options, adapter.targetModules, capacity),
    );
    this.#shared = this.#allocateShared(capacity);
    this.#ending = this.#allocateEnding(capacity);
  }

  /** Copies the adapter's matrices and clears all gradients. */
  load(layers: Adapter["layers"]): void {
    for (const [index, layer] of this.#layers.entries()) {
      for (const linear of linearsOf(layer)) {
        linear.load(layers[index] ?? {});
        linear.clear();
      }
    }
  }

  /** Draws new dropout factors. */
  drop(fill: FillMask, rows: number): void {
    const { floats } = this.#memory;
    for (const [index, layer] of this.#layers.entries()) {
      for (const linear of linearsOf(layer)) {
        for (const { module, start } of linear.masks())
          fill(index, module, floats.subarray(start, start + rows * linear.inputs));
      }
    }
  }

  /**
   * Adds a batch's gradients and returns its loss: the sum of the response tokens' negative log-probabilities times
   * `tokenWeight`. [nats]
   */
  evaluate(samples: readonly EncodedSample[], tokenWeight: number): number {
    const segments = segmentsOf(samples);
    const rows = segments.reduce((sum, { length }) => sum + length, 0);
    this.#embed(samples, segments);
    for (const [index, layer] of this.#layers.entries()) {
      this.#forward(layer, segments, rows, this.#layers[index + 1]?.input ?? this.#shared.output);
    }
    const loss = this.#end(targetsOf(samples, segments), rows, tokenWeight);
    for (const [index, layer] of [...this.#layers.entries()].toReversed())
      this.#backward(layer, segments, rows, index === 0);
    return loss;
  }

  /** The gradients in the adapter's own layout, one record per layer. */
  gradients(): Adapter["layers"] {
    return this.#layers.map((layer) =>
      Object.assign({}, ...linearsOf(layer).map((each) => each.gradients())),
    );
  }

  #embed(samples: readonly EncodedSample[], segments: readonly Segment[]): void {
    const { embedding, shape } = this.#checkpoint;
    const { hidden } = shape;
    const { floats } = this.#memory;
    const start = this.#layers[0]?.input ?? 0;
    for (const [index, { tokens }] of samples.entries()) {
      const first = start + (segments[index]?.start ?? 0) * hidden;
      floats.fill(0, first, first + (segments[index]?.length ?? 0) * hidden);
      for (const [position, token] of tokens.entries())
        floats.set(embedding.data.subarray(token * hidden, (token + 1) * hidden), first + position * hidden);
    }
  }

  #forward(layer: Layer, segments: readonly Segment[], rows: number, output: number): void {
    const { hidden, intermediate } = this.#checkpoint.shape;
    const { attentionIn, attentionOut, feedIn, feedOut } = layer;
    const { normalise, gate } = this.#kernels;
    normalise(4 * layer.input, 4 * layer.inputNorm, 4 * layer.attentionNormed, rows, hidden);
    attentionIn.forward(layer.attentionNormed, layer.projected, rows);
    const { projected, attended } = layer;
    this.#attention.forward(layer.attention, segments, projected, attentionIn.stride, attended);
    this.#copy(layer.input, layer.middle, rows);
    attentionOut.forward(attended, layer.middle, rows, true);
    normalise(4 * layer.middle, 4 * layer.outputNorm, 4 * layer.feedNormed, rows, hidden);
    feedIn.forward(layer.feedNormed, layer.feed, rows);
    gate(4 * layer.feed, 4 * layer.gated, rows, intermediate);
    this.#copy(layer.middle, output, rows);
    feedOut.forward(layer.gated, output, rows, true);
  }

  /**
   * Replaces the gradient of the layer's output in `#shared.hidden` by the gradient of its input, which the first
   * layer skips.
   */
  #backward(layer: Layer, segments: readonly Segment[], rows: number, isFirst: boolean): void {
    const { hidden: width, intermediate } = this.#checkpoint.shape;
    const { attentionIn, attentionOut, feedIn, feedOut } = layer;
    const { normaliseBack, gateBack } = this.#kernels;
    const { hidden, normed, projected, attended, feed, gated } = this.#shared;
    feedOut.backward(layer.gated, hidden, rows, gated);
    gateBack(4 * layer.feed, 4 * gated, 4 * feed, rows, intermediate, padded(intermediate));
    feedIn.backward(layer.feedNormed, feed, rows, normed);
    normaliseBack(4 * layer.middle, 4 * layer.outputNorm, 4 * normed, 4 * hidden, rows, width);
    attentionOut.backward(layer.attended, hidden, rows, attended);
    const [from, to] = [padded(attentionOut.inputs), attentionIn.stride];
    this.#attention.backward(layer.attention, segments, attended, from, projected, to);
    attentionIn.backward(layer.attentionNormed, projected, rows, isFirst ? undefined : normed);
    if (!isFirst) normaliseBack(4 * layer.input, 4 * layer.inputNorm, 4 * normed, 4 * hidden, rows, width);
  }

  /** The loss, and its gradient up to the residual stream after the last layer. */
  #end(targets: readonly Target[], rows: number, tokenWeight: number): number {
    const { hidden: width } = this.#checkpoint.shape;
    const { hidden, normed, logits, normedGradient, hiddenGradient, norm, head, headBack } = this.#ending;
    const { normalise, project, normaliseBack } = this.#kernels;
    const { floats } = this.#memory;
    const [count, columns] = [targets.length, this.#logitStride];
    const output = this.#shared.output;
    for (const [index, { row }] of targets.entries())
      floats.copyWithin(hidden + index * width, output + row * width, output + (row + 1) * width);
    normalise(4 * hidden, 4 * norm, 4 * normed, count, width);
    project(4 * normed, 4 * head, 4 * logits, count, width, columns, width, columns, width * PANEL);
    const loss = this.#entropy(targets, tokenWeight);
    const slopes = 4 * normedGradient;
    project(4 * logits, 4 * headBack, slopes, count, columns, width, columns, width, columns * PANEL);
    floats.fill(0, hiddenGradient, hiddenGradient + count * width);
    normaliseBack(4 * hidden, 4 * norm, slopes, 4 * hiddenGradient, count, width);
    floats.fill(0, this.#shared.hidden, this.#shared.hidden + rows * width);
    for (const [index, { row }] of targets.entries()) {
      const from = hiddenGradient + index * width;
      floats.copyWithin(this.#shared.hidden + row * width, from, from + width);
    }
    return loss;
  }

  /** Weighted negative log-probability of the targets; overwrites the logits with its gradient. */
  #entropy(targets: readonly Target[], tokenWeight: number): number {
    const { vocabulary } = this.#checkpoint.shape;
    let loss = 0;
    for (const [index, { token }] of targets.entries()) {
      const start = this.#ending.logits + index * this.#logitStride;
      const logits = this.#memory.floats.subarray(start, start + vocabulary);
      const maximum = logits.reduce((left, right) => Math.max(left, right), Number.NEGATIVE_INFINITY);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - maximum), 0);
      loss += tokenWeight * (maximum + Math.log(total) - (logits[token] ?? 0));
      for (let column = 0; column < vocabulary; column++)
        logits[column] = (tokenWeight * Math.exp((logits[column] ?? 0) - maximum)) / total;
      logits[token] = (logits[token] ?? 0) - tokenWeight;
    }
    return loss;
  }

  #copy(from: number, to: number, rows: number): void {
    this.#memory.floats.copyWithin(to, from, from + rows * this.#checkpoint.shape.hidden);
  }

  #allocateLayer(
    index: number,
    options: LoraLinearOptions,
    targets: readonly TargetModule[],
    capacity: number,
  ): Layer {
    const { layers, shape } = this.#checkpoint;
    const weights = layers[index];
    if (weights === undefined) throw new RangeError(`no layer ${index}`);
    const linear = (...modules: TargetModule[]): LoraLinear =>
      new LoraLinear(options, weights, modules, targets);
    const [attentionIn, attentionOut] = [linear("q_proj", "k_proj", "v_proj"), linear("o_proj")];
    const [feedIn, feedOut] = [linear("gate_proj", "up_proj"), linear("down_proj")];
    const block = (width: number): number => this.#memory.allocate(capacity * width);
    return {
      ...{ attentionIn, attentionOut, feedIn, feedOut },
      attention: this.#attention.allocateState(),
      inputNorm: this.#memory.store(weights.inputNorm),
      outputNorm: this.#memory.store(weights.outputNorm),
      input: block(shape.hidden),
      middle: block(shape.hidden),
      attentionNormed: block(shape.hidden),
      feedNormed: block(shape.hidden),
      projected: block(attentionIn.stride),
      attended: block(attentionOut.inputs),
      feed: block(feedIn.stride),
      gated: block(feedOut.inputs),
    };
  }

  #allocateShared(capacity: number): Shared {
    const { hidden, intermediate, heads, keyValueHeads, headDimension } = this.#checkpoint.shape;
    const block = (width: number): number => this.#memory.allocate(capacity * padded(width));
    return {
      ...{ output: block(hidden), hidden: block(hidden), normed: block(hidden) },
      projected: block((heads + 2 * keyValueHeads) * headDimension),
      attended: block(heads * headDimension),
      feed: block(2 * intermediate),
      gated: block(intermediate),
    };
  }

  #allocateEnding(capacity: number): Ending {
    const { head, finalNorm, shape } = this.#checkpoint;
    const { hidden, vocabulary } = shape;
    const inner = this.#logitStride;
    const back = new Float32Array(hidden * inner);
    const whole = new Float32Array(inner * hidden);
    whole.set(head.data.subarray(0, vocabulary * hidden));
    packInto(back, whole, { columns: hidden, inner, columnStride: 1, innerStride: hidden });
    const block = (width: number): number => this.#memory.allocate(capacity * width);
    return {
      ...{ hidden: block(hidden), normed: block(hidden), logits: block(inner) },
      ...{ normedGradient: block(hidden), hiddenGradient: block(hidden) },
      norm: this.#memory.store(finalNorm),
      head: this.#memory.store(packPanels([head])),
      headBack: this.#memory.store(back),
    };
  }
}

/** A row and the response token that it must predict. */
interface Target {
  readonly row: number;
  readonly token: number;
}

const linearsOf = ({ attentionIn, attentionOut, feedIn, feedOut }: Layer): LoraLinear[] => [
  attentionIn,
  attentionOut,
  feedIn,
  feedOut,
];

const segmentsOf = (samples: readonly EncodedSample[]): Segment[] => {
  let end = 0;
  return samples.map((sample) => {
    const length = rowsOf(sample);
    end += length;
    return { start: end - length, length };
  });
};

const targetsOf = (samples: readonly EncodedSample[], segments: readonly Segment[]): Target[] =>
  samples.flatMap(({ tokens, responseStart }, index) =>
    tokens.slice(responseStart).map((token, offset) => ({
      row: (segments[index]?.start ?? 0) + responseStart + offset - 1,
      token,
    })),
  );
