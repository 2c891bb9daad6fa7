/**
 * The training loss and its gradient: a Llama's forward pass with low-rank adapters and a hand-written backward pass,
 * on the kernels of `kernels/`.
 *
 * 1. A batch consists of whole samples, one after another, without padding.
 * 2. Only adapters are trained: base weights are constants, and the embeddings get no gradient.
 * 3. The last layer computes only what the loss needs: the rows that predict a response token (`segments.ts`).
 * 4. The activations of every layer are kept until the backward pass; the attention probabilities are computed again.
 * 5. Gradients accumulate from `load` to `gradients`, over any number of batches.
 * 6. Positions in memory are in floats; the kernels take bytes.
 */
import { type Adapter, adapterScale } from "../adapter.ts";
import { type Checkpoint, TARGET_MODULES, type TargetModule } from "../checkpoint.ts";
import { FloatMemory } from "../kernels/float-memory.ts";
import { compileTrainingKernels, type TrainingKernels } from "../kernels/kernels.ts";
import type { MultiplyAdd } from "../kernels/multiply-add.ts";
import { padded } from "../kernels/packed-weights.ts";
import { Attention, ROWS_AFTER } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Ending } from "./ending.ts";
import { type Gradients, Layer } from "./layer.ts";
import type { LoraLinearOptions } from "./lora-linear.ts";
import type { EncodedSample } from "./samples.ts";
import { allRows, type Rows, responseRows } from "./segments.ts";

export interface NetworkOptions {
  /** Rows of the largest batch. */
  readonly capacity: number;
  /** Of the dropout factors. */
  readonly seed: number;
  /** How matrix products are summed; the fastest way by default. */
  readonly multiplyAdd?: MultiplyAdd;
}

export class TrainingNetwork {
  readonly #checkpoint: Checkpoint;
  readonly #memory = new FloatMemory();
  readonly #kernels: TrainingKernels;
  readonly #dropout: Dropout;
  readonly #layers: readonly Layer[];
  readonly #ending: Ending;
  /** Position of the gradient of the last layer's output. */
  readonly #endGradient: number;
  readonly #embedding: number;

  constructor(
    checkpoint: Checkpoint,
    adapter: Pick<Adapter, "rank" | "alpha" | "dropout" | "targetModules">,
    { capacity, seed, multiplyAdd }: NetworkOptions,
  ) {
    const { shape, layers, embedding } = checkpoint;
    const memory = this.#memory;
    this.#checkpoint = checkpoint;
    this.#kernels = compileTrainingKernels(shape, memory.memory, multiplyAdd);
    const kernels = this.#kernels;
    const masks = shape.layers * TARGET_MODULES.length;
    this.#dropout = new Dropout(kernels, { dropout: adapter.dropout, seed, masks });
    this.#embedding = memory.store(embedding.data);
    const widest = padded(Math.max(shape.hidden, shape.intermediate, shape.heads * shape.headDimension));
    const linear: LoraLinearOptions = {
      ...{ memory, kernels, capacity, rank: adapter.rank, dropout: this.#dropout },
      scratch: {
        droppedGradient: memory.allocate(capacity * widest),
        lowGradient: memory.allocate(capacity * padded(adapter.rank)),
      },
      scale: adapterScale(adapter),
    };
    const attention = new Attention(memory, kernels, shape, capacity);
    const shared = allocateGradients(memory, checkpoint, capacity);
    this.#endGradient = memory.allocate(capacity * shape.hidden);
    const common = { shape, linear, attention, targets: adapter.targetModules };
    this.#layers = layers.map((weights, index) => {
      const isWhole = index < layers.length - 1;
      const gradients = isWhole ? shared : { ...shared, output: this.#endGradient };
      return new Layer({ ...common, index, weights, isWhole, gradients });
    });
    this.#ending = new Ending(memory, kernels, checkpoint, capacity);
  }

  /** Copies the adapter's matrices and clears all gradients. */
  load(adapters: Adapter["layers"]): void {
    for (const [index, { linears }] of this.#layers.entries()) {
      for (const linear of linears) {
        linear.load(adapters[index] ?? {});
        linear.clear();
      }
    }
  }

  /**
   * Adds a batch's gradients and returns its loss: the sum of the response tokens' negative log-probabilities times
   * `tokenWeight`. [nats]
   *
   * @param batch its number, which determines the dropout factors
   */
  evaluate(samples: readonly EncodedSample[], tokenWeight: number, batch: number): number {
    const [whole, wanted] = [allRows(samples), responseRows(samples)];
    const rowsOf = (index: number): Rows => (index < this.#layers.length - 1 ? whole : wanted);
    this.#dropout.startBatch(batch);
    this.#embed(samples);
    for (const [index, layer] of this.#layers.entries())
      layer.forward(rowsOf(index), this.#layers[index + 1]?.input ?? this.#ending.input);
    const targets = samples.flatMap(({ tokens, responseStart }) => tokens.slice(responseStart));
    const loss = this.#ending.evaluate(targets, tokenWeight, this.#endGradient);
    for (const [index, layer] of [...this.#layers.entries()].toReversed())
      layer.backward(rowsOf(index), index === 0);
    return loss;
  }

  /** The gradients in the adapter's own layout, one record per layer. */
  gradients(): Adapter["layers"] {
    return this.#layers.map(({ linears }) => Object.assign({}, ...linears.map((each) => each.gradients())));
  }

  /** Copies of the last batch's dropout factors; those of the last layer are `[queries, inputs]` but for K and V. */
  masks(samples: readonly EncodedSample[]): Partial<Record<TargetModule, Float32Array>>[] {
    const [whole, wanted] = [allRows(samples), responseRows(samples)];
    return this.#layers.map((layer, index) => layer.masks(index < this.#layers.length - 1 ? whole : wanted));
  }

  #embed(samples: readonly EncodedSample[]): void {
    const { hidden } = this.#checkpoint.shape;
    const { floats } = this.#memory;
    let row = this.#layers[0]?.input ?? 0;
    for (const { tokens } of samples) {
      for (const token of tokens.slice(0, -1)) {
        const from = this.#embedding + token * hidden;
        floats.copyWithin(row, from, from + hidden);
        row += hidden;
      }
    }
  }
}

/** For layers whose rows are all queries. */
const allocateGradients = (memory: FloatMemory, { shape }: Checkpoint, capacity: number): Gradients => {
  const { hidden, intermediate, heads, keyValueHeads, headDimension } = shape;
  const block = (width: number): number => memory.allocate((capacity + ROWS_AFTER) * padded(width));
  const residual = block(hidden);
  return {
    ...{ input: residual, output: residual, normed: block(hidden), queryNormed: block(hidden) },
    queries: block(heads * headDimension),
    keysValues: block(2 * keyValueHeads * headDimension),
    attended: block(heads * headDimension),
    feed: block(2 * intermediate),
    gated: block(intermediate),
  };
};
