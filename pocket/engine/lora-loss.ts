/**
 * The training loss and its gradient by jax-js: a Llama forward pass with low-rank adapters, jitted as one function.
 *
 * 1. jax-js arrays are owned: every use but the last takes `.ref`, and a call consumes its arguments.
 * 2. One instance compiles one shape, `[height, length]` tokens; further calls reuse it.
 * 3. Only the adapter's matrices are differentiated; base weights and inputs are constants of the gradient.
 * 4. Matrices are `[inputs, outputs]` here, the transpose of the checkpoint's.
 */
import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { type Adapter, adapterScale } from "./adapter.ts";
import type { BatchArrays } from "./batch-arrays.ts";
import {
  type Checkpoint,
  type LayerWeights,
  type Matrix,
  type ModelShape,
  recordOf,
  type TargetModule,
} from "./checkpoint.ts";

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
  /** 0 where a query may look, hugely negative elsewhere. `[height, 1, length, length]` */
  visibility: np.Array;
  /** One-hot targets times their weight in the mean. `[height * length, vocabulary]` */
  targets: np.Array;
  /** Dropout factors of each module's input; empty records without dropout. `[height * length, inputs]` */
  masks: Masks;
};

/**
 * `logits` is zero and is added to the logits: asking for its gradient makes jax-js compute that gradient once,
 * where it would compute it anew for every column of the product behind it (a tenth of a step).
 */
type Variables = { pairs: Pairs; logits: np.Array };
type Run = (variables: Variables, base: Base, inputs: Inputs) => [np.Array, Variables];

export interface LossAndGradient {
  /** Weighted sum of the targets' negative log-probabilities, in nats. */
  readonly loss: number;
  /** One record per layer, in the adapter's own layout. */
  readonly gradient: Adapter["layers"];
}

export class LoraLoss {
  readonly #base: Base;
  readonly #modules: readonly TargetModule[];
  readonly #run: Run;

  private constructor(checkpoint: Checkpoint, adapter: Adapter) {
    const scale = adapterScale(adapter);
    this.#modules = adapter.targetModules;
    this.#base = baseArrays(checkpoint);
    const loss = (variables: Variables, base: Base, inputs: Inputs): np.Array =>
      forward(checkpoint.shape, scale, variables, base, inputs);
    this.#run = jit(valueAndGrad(loss)) as Run;
  }

  /** jax-js must have been started before the first array is made. */
  static async create(checkpoint: Checkpoint, adapter: Adapter): Promise<LoraLoss> {
    await init("wasm");
    defaultDevice("wasm");
    return new LoraLoss(checkpoint, adapter);
  }

  async evaluate(adapter: Adapter, batch: BatchArrays): Promise<LossAndGradient> {
    const logits = np.zeros([batch.rows, batch.targets.length / batch.rows]);
    const variables = { pairs: pairArrays(adapter), logits };
    const [loss, { pairs, logits: unused }] = this.#run(variables, refBase(this.#base), inputArrays(batch));
    unused.dispose();
    const [value = Number.NaN] = await loss.data();
    const gradient: Adapter["layers"][number][] = [];
    for (const layer of pairs) gradient.push(await this.#readLayer(layer));
    return { loss: value, gradient };
  }

  async #readLayer(layer: Pairs[number]): Promise<Adapter["layers"][number]> {
    const read: Adapter["layers"][number] = {};
    for (const module of this.#modules) {
      const pair = layer[module];
      if (pair === undefined) continue;
      read[module] = { a: (await pair.a.data()) as Float32Array, b: (await pair.b.data()) as Float32Array };
    }
    return read;
  }
}

function array(data: Float32Array, ...shape: number[]): np.Array {
  return np.array(data as Float32Array<ArrayBuffer>).reshape(shape);
}

/** `[inputs, outputs]` */
function transposed({ outputs, inputs, data }: Matrix): np.Array {
  const result = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++)
      result[input * outputs + output] = data[output * inputs + input] ?? 0;
  }
  return array(result, inputs, outputs);
}

function baseArrays({ head, finalNorm, layers, shape }: Checkpoint): Base {
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
}

function refBase(base: Base): Base {
  const refLayer = (layer: Layer): Layer => ({
    inputNorm: layer.inputNorm.ref,
    outputNorm: layer.outputNorm.ref,
    ...recordOf((module) => layer[module].ref),
  });
  return { head: base.head.ref, finalNorm: base.finalNorm.ref, layers: base.layers.map(refLayer) };
}

function pairArrays({ layers, targetModules, rank }: Adapter): Pairs {
  return layers.map((layer) => {
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
}

function inputArrays(batch: BatchArrays): Inputs {
  const { height, length, rows } = batch;
  const half = batch.cosine.length / rows;
  return {
    embedded: array(batch.embedded, rows, batch.embedded.length / rows),
    cosine: array(batch.cosine, height, length, 1, half),
    sine: array(batch.sine, height, length, 1, half),
    visibility: array(batch.visibility, height, 1, length, length),
    targets: array(batch.targets, rows, batch.targets.length / rows),
    masks: batch.masks.map((layer) =>
      Object.fromEntries(
        Object.entries(layer).map(([module, mask]) => [module, array(mask, rows, mask.length / rows)]),
      ),
    ),
  };
}

function forward(
  shape: ModelShape,
  scale: number,
  { pairs, logits: zeros }: Variables,
  base: Base,
  inputs: Inputs,
): np.Array {
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
  const logits = np.matmul(normalise(hidden, base.finalNorm, shape.epsilon), base.head).add(zeros);
  return nn.logSoftmax(logits, -1).mul(targets).sum().neg();
}

/** `x · W + scale · (x ∘ mask) · Aᵀ · Bᵀ` */
function adapted(
  x: np.Array,
  weight: np.Array,
  pair: Pair | undefined,
  mask: np.Array | undefined,
  scale: number,
): np.Array {
  if (pair === undefined) return np.matmul(x, weight);
  const dropped = mask === undefined ? x.ref : x.ref.mul(mask);
  const low = np.matmul(dropped, pair.a.transpose());
  return np.matmul(x, weight).add(np.matmul(low, pair.b.transpose()).mul(scale));
}

function normalise(x: np.Array, weight: np.Array, epsilon: number): np.Array {
  const square = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(square.add(epsilon)))).mul(weight);
}

/** Causal attention within segments. `x` and the result are `[height * length, width]`. */
function attention(
  shape: ModelShape,
  x: np.Array,
  linear: (x: np.Array, module: TargetModule) => np.Array,
  { cosine, sine, visibility }: Pick<Inputs, "cosine" | "sine" | "visibility">,
): np.Array {
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
}

/** The `rotate_half` convention. `x` is `[height, length, heads, headDimension]`. */
function rotate(x: np.Array, cosine: np.Array, sine: np.Array): np.Array {
  const [low, high] = np.split(x, 2, 3) as [np.Array, np.Array];
  const first = low.ref.mul(cosine.ref).sub(high.ref.mul(sine.ref));
  return np.concatenate([first, high.mul(cosine).add(low.mul(sine))], 3);
}

/** `[height, length, keyValueHeads, d]` to `[height, heads, length, d]`: each one serves a group of query heads. */
function shareAmongHeads({ heads, keyValueHeads }: ModelShape, x: np.Array): np.Array {
  const [height = 0, length = 0, , dimension = 0] = x.shape;
  const grouped = x.transpose([0, 2, 1, 3]);
  if (heads === keyValueHeads) return grouped;
  const group = heads / keyValueHeads;
  const spread = grouped.reshape([height, keyValueHeads, 1, length, dimension]);
  return np
    .broadcastTo(spread, [height, keyValueHeads, group, length, dimension])
    .reshape([height, heads, length, dimension]);
}
