/** A micro-batch of packed rows as the plain arrays that the training loss takes. */
import type { Adapter } from "./adapter.ts";
import { type Checkpoint, projectionSize, type TargetModule } from "./checkpoint.ts";
import type { Rotations } from "./rotary.ts";
import { uniform } from "./sampler.ts";
import type { EncodedSample, PackedRow } from "./samples.ts";

export interface BatchArrays {
  readonly height: number;
  readonly length: number;
  /** `height * length` */
  readonly rows: number;
  /** `[rows, hidden]` */
  readonly embedded: Float32Array;
  /** `[rows, headDimension / 2]` */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
  /** `[height, length, length]` */
  readonly visibility: Float32Array;
  /** `[rows, vocabulary]` */
  readonly targets: Float32Array;
  /** One record per layer: `[rows, inputs]` per module; empty without dropout. */
  readonly masks: readonly Partial<Record<TargetModule, Float32Array>>[];
}

const HIDDEN = -1e30;
/** Keeps dropout's draws apart from the other uses of a job's seed. */
const DROPOUT_STREAM = 0x5bd1e995;

export interface BatchSize {
  readonly height: number;
  readonly length: number;
  /** What one response token weighs in the loss. */
  readonly tokenWeight: number;
}

/** Rows past the end of `packed` are empty: they see themselves only and weigh nothing. */
export function batchArrays(
  checkpoint: Checkpoint,
  rotations: Rotations,
  packed: readonly PackedRow[],
  { height, length, tokenWeight }: BatchSize,
  masks: BatchArrays["masks"],
): BatchArrays {
  const { hidden, vocabulary, headDimension } = checkpoint.shape;
  const rows = height * length;
  const half = headDimension / 2;
  const arrays: BatchArrays = {
    height,
    length,
    rows,
    embedded: new Float32Array(rows * hidden),
    cosine: new Float32Array(rows * half).fill(1),
    sine: new Float32Array(rows * half),
    visibility: new Float32Array(rows * length).fill(HIDDEN),
    targets: new Float32Array(rows * vocabulary),
    masks,
  };
  for (let row = 0; row < rows; row++) arrays.visibility[row * length + (row % length)] = 0;
  for (const [index, samples] of packed.entries()) {
    let start = index * length;
    for (const sample of samples) {
      placeSample(arrays, checkpoint, rotations, sample, start, tokenWeight);
      start += sample.tokens.length;
    }
  }
  return arrays;
}

/** Writes a sample's tokens, positions, visibility and targets from row `start` on. */
function placeSample(
  arrays: BatchArrays,
  { embedding, shape }: Checkpoint,
  { cosine, sine }: Rotations,
  { tokens, responseStart }: EncodedSample,
  start: number,
  tokenWeight: number,
): void {
  const { hidden, vocabulary } = shape;
  const half = shape.headDimension / 2;
  for (const [position, token] of tokens.entries()) {
    const row = start + position;
    arrays.embedded.set(embedding.data.subarray(token * hidden, (token + 1) * hidden), row * hidden);
    arrays.cosine.set(cosine.subarray(position * half, (position + 1) * half), row * half);
    arrays.sine.set(sine.subarray(position * half, (position + 1) * half), row * half);
    const visible = row * arrays.length + (start % arrays.length);
    arrays.visibility.fill(0, visible, visible + position + 1);
    const next = tokens[position + 1];
    if (next !== undefined && position + 1 >= responseStart)
      arrays.targets[row * vocabulary + next] = tokenWeight;
  }
}

/** PEFT's dropout, on each adapter's own input: zero with probability `dropout`, else `1 / (1 - dropout)`. */
export function dropoutMasks(
  checkpoint: Checkpoint,
  adapter: Adapter,
  rows: number,
  seed: number,
  batch: number,
): BatchArrays["masks"] {
  const { shape } = checkpoint;
  return Array.from({ length: shape.layers }, (_, layer) => {
    const masks: Partial<Record<TargetModule, Float32Array>> = {};
    if (adapter.dropout === 0) return masks;
    for (const [index, module] of adapter.targetModules.entries()) {
      const stream = (batch * shape.layers + layer) * adapter.targetModules.length + index;
      masks[module] = dropoutMask(rows * projectionSize(shape, module)[1], adapter.dropout, seed, stream);
    }
    return masks;
  });
}

/** Jumps from zero to zero by geometric gaps instead of drawing for every entry. */
function dropoutMask(length: number, dropout: number, seed: number, stream: number): Float32Array {
  const mask = new Float32Array(length).fill(1 / (1 - dropout));
  const keep = Math.log1p(-dropout);
  let draw = stream * 1_000_003;
  const gap = (): number => Math.floor(Math.log1p(-uniform(seed + DROPOUT_STREAM, draw++)) / keep);
  for (let index = gap(); index < length; index += 1 + gap()) mask[index] = 0;
  return mask;
}
