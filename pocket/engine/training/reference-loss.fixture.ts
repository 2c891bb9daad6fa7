/**
 * The training loss and its gradient computed with jax-js, as a reference: automatic differentiation gives the exact
 * gradient.
 *
 * 1. jax-js arrays are owned: every use but the last takes `.ref`, and a call consumes its arguments.
 * 2. Samples are laid out as in the training network: one after another, each without its last token.
 * 3. Matrices are `[inputs, outputs]` here, the transpose of the checkpoint's.
 */
import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { type Adapter, adapterScale } from "../adapter.ts";
import {
  type Checkpoint,
  type LayerWeights,
  type Matrix,
  type ModelShape,
  recordOf,
  type TargetModule,
} from "../checkpoint.ts";
import { rotations } from "../rotary.ts";
import type { EncodedSample } from "./samples.ts";
import { rowsOf } from "./segments.ts";

type Layer = { inputNorm: np.Array; outputNorm: np.Array } & Record<TargetModule, np.Array>;
type Base = { head: np.Array; finalNorm: np.Array; layers: Layer[] };
/** A pair's matrices as stored: `a` `[rank, inputs]`, `b` `[outputs, rank]`. */
type Pair = { a: np.Array; b: np.Array };
type Pairs = Partial<Record<TargetModule, Pair>>[];
type Masks = Partial<Record<TargetModule, np.Array>>[];
type Inputs = {
  /** `[height * length, hidden]` */
  embedded: np.Array;
  /** `[height, length, 1, headDimension / 2]` */
  cosine: np.Array;
  sine: np.Array;
  /** 0 if a query may attend, a large negative number otherwise. `[height, 1, length, length]` */
  visibility: np.Array;
  /** One-hot targets times their loss weight. `[height * length, vocabulary]` */
  targets: np.Array;
  /** Dropout factors of each module's input; empty records without dropout. `[height * length, inputs]` */
  masks: Masks;
};

type Run = (pairs: Pairs, base: Base, inputs: Inputs) => [np.Array, Pairs];

/** Dropout factors by layer and module, `[rows, inputs]`; empty records without dropout. */
export type DropoutMasks = readonly Partial<Record<TargetModule, Float32Array>>[];

export interface LossAndGradient {
  /** Weighted sum of the targets' negative log-probabilities, in nats. */
  readonly loss: number;
  /** One record per layer, in the adapter's own layout. */
  readonly gradient: Adapter["layers"];
}

/** Loss and gradient of one batch; each response token has the weight `tokenWeight`. */
export const referenceLoss = async (
  checkpoint: Checkpoint,
  adapter: Adapter,
  samples: readonly EncodedSample[],
  tokenWeight: number,
  masks: DropoutMasks,
): Promise<LossAndGradient> => {
  await init("wasm");
  defaultDevice("wasm");
  const scale = adapterScale(adapter);
  const loss = (pairs: Pairs, base: Base, inputs: Inputs): np.Array =>
    forward(checkpoint.shape, scale, pairs, base, inputs);
  const run = jit(valueAndGrad(loss)) as Run;
  const inputs = inputArrays(checkpoint, samples, tokenWeight, masks);
  const [value, pairs] = run(pairArrays(adapter), baseArrays(checkpoint), inputs);
  const gradient: Adapter["layers"][number][] = [];
  for (const layer of pairs) gradient.push(await readLayer(layer));
  return { loss: (await value.data())[0] ?? Number.NaN, gradient };
};

const readLayer = async (layer: Pairs[number]): Promise<Adapter["layers"][number]> => {
  const read: Adapter["layers"][number] = {};
  for (const [module, pair] of Object.entries(layer) as [TargetModule, Pair][])
    read[module] = { a: (await pair.a.data()) as Float32Array, b: (await pair.b.data()) as Float32Array };
  return read;
};

const array = (data: Float32Array, ...shape: number[]): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>).reshape(shape);

/** `[inputs, outputs]` */
const transposed = ({ outputs, inputs, data }: Matrix): np.Array => {
  const result = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++)
      result[input * outputs + output] = data[output * inputs + input] ?? 0;
  }
  return array(result, inputs, outputs);
};

const baseArrays = ({ head, finalNorm, layers, shape }: Checkpoint): Base => {
  const layerArrays = ({ inputNorm, outputNorm, projections }: LayerWeights): Layer => ({
    inputNorm: array(inputNorm, shape.hidden),
    outputNorm: array(outputNorm, shape.hidden),
    ...recordOf((module) => transposed(projections[module])),
  });
  return {
    head: transposed(head),
    finalNorm: array(finalNorm, shape.hidden),
    layers: layers.map(layerArrays),
  };
};

const pairArrays = ({ layers, targetModules, rank }: Adapter): Pairs =>
  layers.map((layer) => {
    const arrays: Pairs[number] = {};
    for (const module of targetModules) {
      const pair = layer[module];
      if (pair === undefined) continue;
      arrays[module] = {
        a: array(pair.a, rank, pair.a.length / rank),
        b: array(pair.b, pair.b.length / rank, rank),
      };
    }
    return arrays;
  });

const MASKED = -1e30;

const inputArrays = (
  { embedding, shape }: Checkpoint,
  samples: readonly EncodedSample[],
  tokenWeight: number,
  masks: DropoutMasks,
): Inputs => {
  const { hidden, vocabulary, headDimension } = shape;
  const rows = samples.reduce((sum, sample) => sum + rowsOf(sample), 0);
  const half = headDimension / 2;
  const angles = rotations(shape);
  const embedded = new Float32Array(rows * hidden);
  const [cosine, sine] = [new Float32Array(rows * half).fill(1), new Float32Array(rows * half)];
  const visibility = new Float32Array(rows * rows).fill(MASKED);
  const targets = new Float32Array(rows * vocabulary);
  for (let row = 0; row < rows; row++) visibility[row * rows + row] = 0;
  let start = 0;
  for (const sample of samples) {
    for (const [position, token] of sample.tokens.slice(0, -1).entries()) {
      const row = start + position;
      embedded.set(embedding.data.subarray(token * hidden, (token + 1) * hidden), row * hidden);
      cosine.set(angles.cosine.subarray(position * half, (position + 1) * half), row * half);
      sine.set(angles.sine.subarray(position * half, (position + 1) * half), row * half);
      visibility.fill(0, row * rows + start, row * rows + row + 1);
      const next = sample.tokens[position + 1];
      if (next !== undefined && position + 1 >= sample.responseStart)
        targets[row * vocabulary + next] = tokenWeight;
    }
    start += rowsOf(sample);
  }
  return {
    embedded: array(embedded, rows, hidden),
    cosine: array(cosine, 1, rows, 1, half),
    sine: array(sine, 1, rows, 1, half),
    visibility: array(visibility, 1, 1, rows, rows),
    targets: array(targets, rows, vocabulary),
    masks: masks.map((layer) =>
      Object.fromEntries(
        Object.entries(layer).map(([module, mask]) => [module, array(mask, rows, mask.length / rows)]),
      ),
    ),
  };
};

const forward = (shape: ModelShape, scale: number, pairs: Pairs, base: Base, inputs: Inputs): np.Array => {
  const { embedded, cosine, sine, visibility, targets, masks } = inputs;
  let hidden = embedded;
  for (const [index, layer] of base.layers.entries()) {
    const linear = (x: np.Array, module: TargetModule): np.Array =>
      adapted(x, layer[module], pairs[index]?.[module], masks[index]?.[module], scale);
    const attended = attention(shape, normalise(hidden.ref, layer.inputNorm, shape.epsilon), linear, {
      cosine: cosine.ref,
      sine: sine.ref,
      visibility: visibility.ref,
    });
    hidden = hidden.add(linear(attended, "o_proj"));
    const normed = normalise(hidden.ref, layer.outputNorm, shape.epsilon);
    const gate = nn.silu(linear(normed.ref, "gate_proj"));
    hidden = hidden.add(linear(gate.mul(linear(normed, "up_proj")), "down_proj"));
  }
  for (const unused of [cosine, sine, visibility]) unused.dispose();
  const logits = np.matmul(normalise(hidden, base.finalNorm, shape.epsilon), base.head);
  return nn.logSoftmax(logits, -1).mul(targets).sum().neg();
};

/** `x · W + scale · (x ∘ mask) · Aᵀ · Bᵀ` */
const adapted = (
  x: np.Array,
  weight: np.Array,
  pair: Pair | undefined,
  mask: np.Array | undefined,
  scale: number,
): np.Array => {
  if (pair === undefined) return np.matmul(x, weight);
  const dropped = mask === undefined ? x.ref : x.ref.mul(mask);
  const low = np.matmul(dropped, pair.a.transpose());
  return np.matmul(x, weight).add(np.matmul(low, pair.b.transpose()).mul(scale));
};

const normalise = (x: np.Array, weight: np.Array, epsilon: number): np.Array => {
  const square = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(square.add(epsilon)))).mul(weight);
};

/** Causal attention within segments. `x` and the result are `[height * length, width]`. */
const attention = (
  shape: ModelShape,
  x: np.Array,
  linear: (x: np.Array, module: TargetModule) => np.Array,
  { cosine, sine, visibility }: Pick<Inputs, "cosine" | "sine" | "visibility">,
): np.Array => {
  const [height = 0, , , length = 0] = visibility.shape;
  const split = (y: np.Array, heads: number): np.Array =>
    y.reshape([height, length, heads, shape.headDimension]);
  const query = rotate(split(linear(x.ref, "q_proj"), shape.heads), cosine.ref, sine.ref);
  const key = rotate(split(linear(x.ref, "k_proj"), shape.keyValueHeads), cosine, sine);
  const value = split(linear(x, "v_proj"), shape.keyValueHeads);
  const keys = shareAmongHeads(shape, key);
  const values = shareAmongHeads(shape, value);
  const scores = np.matmul(query.transpose([0, 2, 1, 3]), keys.transpose([0, 1, 3, 2]));
  const weights = nn.softmax(scores.mul(1 / Math.sqrt(shape.headDimension)).add(visibility), -1);
  const attended = np.matmul(weights, values).transpose([0, 2, 1, 3]);
  return attended.reshape([height * length, shape.heads * shape.headDimension]);
};

/** The `rotate_half` convention. `x` is `[height, length, heads, headDimension]`. */
const rotate = (x: np.Array, cosine: np.Array, sine: np.Array): np.Array => {
  const [low, high] = np.split(x, 2, 3) as [np.Array, np.Array];
  const first = low.ref.mul(cosine.ref).sub(high.ref.mul(sine.ref));
  return np.concatenate([first, high.mul(cosine).add(low.mul(sine))], 3);
};

/**
 * `[height, length, keyValueHeads, d]` to `[height, heads, length, d]`: each key-value head serves a group of query
 * heads.
 */
const shareAmongHeads = ({ heads, keyValueHeads }: ModelShape, x: np.Array): np.Array => {
  const [height = 0, length = 0, , dimension = 0] = x.shape;
  const grouped = x.transpose([0, 2, 1, 3]);
  if (heads === keyValueHeads) return grouped;
  const group = heads / keyValueHeads;
  const spread = grouped.reshape([height, keyValueHeads, 1, length, dimension]);
  return np
    .broadcastTo(spread, [height, keyValueHeads, group, length, dimension])
    .reshape([height, heads, length, dimension]);
};
