/**
 * What a model takes of a GPU's memory [bytes], from its shape: served by vLLM, asleep, and trained by the PEFT worker.
 * What depends on the shape is computed; what does not is an assumption, named below. Activations are upper bounds of
 * the worker's own way: gradient checkpointing, logits of response tokens in bfloat16, cross-entropy in chunks.
 */
import { adapterParameters, linearParameters, linearsOf, otherParameters, type Shape } from "./shape.ts";

export const GIB = 1024 ** 3;

/** CUDA's context, the kernels' work spaces and the recorded graphs of one process: an assumption. */
export const PROCESS = 1 * GIB;
/** Tokens of one step and sequences of one step in vLLM's profile run: its defaults on a GPU of this size. */
const STEP_TOKENS = 2048;
const STEP_SEQUENCES = 256;
/** Bytes of a 4-bit weight with its doubly quantized scales (QLoRA, arXiv 2305.14314: 4.127 bits). */
const NF4 = 4.127 / 8;
/** Rows of logits that the worker's loss takes in float32 at once (trainer/agora_trainer/loss.py). */
const LOSS_ROWS = 1024;

export type Precision = "float32" | "bfloat16" | "4bit";

/** Quantized checkpoints keep embeddings and norms in 2 bytes. */
export const weightsOf = (shape: Shape, precision?: Precision): number => {
  const [linear, other] = [linearParameters(shape), otherParameters(shape)];
  if (precision === "float32") return 4 * (linear + other);
  if (precision === "4bit") return NF4 * linear + 2 * other;
  return (precision === "bfloat16" ? 2 : shape.weightBytes) * linear + 2 * other;
};

/** Keys and values of one sequence in bfloat16; layers with a sliding window keep no more than the window. */
export const cacheOf = (shape: Shape, tokens: number): number => {
  const { layers, slidingLayers, window, kvHeads, headWidth } = shape;
  const kept = (layers - slidingLayers) * tokens + slidingLayers * Math.min(tokens, window);
  return 2 * 2 * kvHeads * headWidth * kept;
};

/** vLLM reserves room for its largest rank on every linear layer, for each adapter slot, in bfloat16. */
export const adapterSlotsOf = (shape: Shape, rank: number, slots: number): number =>
  2 * slots * adapterParameters(shape, rank, Object.keys(linearsOf(shape)));

/** The peak of vLLM's profile run: one step through a block, and the logits of its sequences in float32 with a copy. */
export const stepOf = ({ width, inner, vocabulary }: Shape): number =>
  2 * STEP_TOKENS * (3 * inner + 4 * width) + 2 * 4 * STEP_SEQUENCES * vocabulary;

/** Weights, gradients and AdamW's two moments of the adapter, in float32. */
export const optimiserOf = (shape: Shape, rank: number, targets: readonly string[]): number =>
  16 * adapterParameters(shape, rank, targets);

/** What one block keeps for its backward pass, for each token: norms in float32, the others in bfloat16. */
const blockOf = ({ width, inner, heads, kvHeads, headWidth }: Shape): number =>
  2 * 4 * width + 2 * (6 * width + 2 * (heads + 2 * kvHeads) * headWidth + 5 * inner);

export interface Batch {
  readonly samples: number;
  /** Length of each. */
  readonly tokens: number;
  readonly checkpointing: boolean;
}

/** Activations of one micro-batch, and the logits of as many response tokens as there are tokens, with their gradient. */
export const activationsOf = (shape: Shape, { samples, tokens, checkpointing }: Batch): number => {
  const all = samples * tokens;
  const kept = checkpointing
    ? shape.layers * 2 * shape.width + blockOf(shape)
    : shape.layers * blockOf(shape);
  const logits = shape.vocabulary * (2 * 2 * all + 3 * 4 * Math.min(LOSS_ROWS, all));
  return all * kept + logits;
};
