/** The end of the training network: final norm, vocabulary projection and cross-entropy, forward and backward. */
import type { Checkpoint } from "../checkpoint.ts";
import type { FloatMemory } from "../kernels/float-memory.ts";
import type { TrainingKernels } from "../kernels/kernels.ts";
import { PANEL } from "../kernels/layout.ts";
import { packInto, packPanels, padded } from "../kernels/packed-weights.ts";
import { maskRow } from "../kernels/softmax.ts";

export class Ending {
  /** The residual stream after the last layer. `[capacity, hidden]` */
  readonly input: number;
  readonly #memory: FloatMemory;
  readonly #kernels: TrainingKernels;
  readonly #shape: Checkpoint["shape"];
  /** Floats per row of logits. */
  readonly #stride: number;
  readonly #norm: number;
  readonly #head: number;
  readonly #headBack: number;
  readonly #mask: number;
  readonly #normed: number;
  /** Logits, then their softmax, then their gradient. `[capacity, stride]` */
  readonly #logits: number;
  readonly #statistics: number;

  constructor(memory: FloatMemory, kernels: TrainingKernels, checkpoint: Checkpoint, capacity: number) {
    const { head, finalNorm, shape } = checkpoint;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#shape = shape;
    this.#stride = padded(shape.vocabulary);
    this.#norm = memory.store(finalNorm);
    this.#head = memory.store(packPanels([head]));
    this.#headBack = memory.store(packedBack(checkpoint));
    this.#mask = memory.store(maskRow(shape.vocabulary % 4, PANEL));
    this.input = memory.allocate(capacity * shape.hidden);
    this.#normed = memory.allocate(capacity * shape.hidden);
    this.#logits = memory.allocate(capacity * this.#stride);
    this.#statistics = memory.allocate(2 * capacity);
  }

  /**
   * The sum of the targets' negative log-probabilities times `weight`. Writes the gradient of `input` to `gradient`.
   *
   * @param targets the token that each row must predict
   */
  evaluate(targets: readonly number[], weight: number, gradient: number): number {
    const { hidden, vocabulary } = this.#shape;
    const { project, normalise, normaliseBack, softmax } = this.#kernels;
    const [rows, stride] = [targets.length, this.#stride];
    const [normed, logits] = [4 * this.#normed, 4 * this.#logits];
    normalise(4 * this.input, 4 * this.#norm, normed, rows, hidden);
    project(normed, 4 * this.#head, logits, rows, hidden, stride, hidden, stride, hidden * PANEL);
    const masked = stride - (vocabulary - (vocabulary % 4));
    softmax(logits, 4 * this.#mask, 4 * this.#statistics, rows, stride, masked, stride, 0);
    const loss = this.#entropy(targets, weight);
    project(logits, 4 * this.#headBack, normed, rows, stride, hidden, stride, hidden, stride * PANEL);
    this.#memory.floats.fill(0, gradient, gradient + rows * hidden);
    normaliseBack(4 * this.input, 4 * this.#norm, normed, 4 * gradient, rows, hidden);
    return weight * loss;
  }

  /** The targets' negative log-probabilities; replaces the probabilities by the gradient of the logits. */
  #entropy(targets: readonly number[], weight: number): number {
    const { floats } = this.#memory;
    let loss = 0;
    for (const [row, token] of targets.entries()) {
      const start = this.#logits + row * this.#stride;
      const probability = floats[start + token] ?? Number.NaN;
      loss -= Math.log(probability);
      for (let at = start; at < start + this.#stride; at++) floats[at] = weight * (floats[at] ?? 0);
      floats[start + token] = weight * (probability - 1);
    }
    return loss;
  }
}

/** The head packed for multiplication from the other side. */
const packedBack = ({ head, shape }: Checkpoint): Float32Array => {
  const { hidden, vocabulary } = shape;
  const inner = padded(vocabulary);
  const whole = new Float32Array(inner * hidden);
  whole.set(head.data.subarray(0, vocabulary * hidden));
  const panels = new Float32Array(hidden * inner);
  packInto(panels, whole, { columns: hidden, inner, columnStride: 1, innerStride: hidden });
  return panels;
};
