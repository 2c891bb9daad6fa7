/** A Llama-architecture checkpoint in Hugging Face format: `config.json` and `model.safetensors`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "./errors.ts";
import { parseSafetensors, type Tensor } from "./safetensors.ts";
import { TARGET_MODULES, type TargetModule } from "./target-modules.ts";

export { TARGET_MODULES, type TargetModule } from "./target-modules.ts";

export interface ModelShape {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  /** Maximum number of positions. */
  readonly context: number;
  readonly ropeTheta: number;
  /** Epsilon of RMSNorm, added to the mean square. */
  readonly epsilon: number;
  readonly tiedEmbeddings: boolean;
  readonly beginToken: number;
  readonly endToken: number;
}

/** A linear layer as stored: `[outputs, inputs]`, row-major. */
export interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly data: Float32Array;
}

export interface LayerWeights {
  readonly inputNorm: Float32Array;
  readonly outputNorm: Float32Array;
  readonly projections: Readonly<Record<TargetModule, Matrix>>;
}

export interface Checkpoint {
  readonly folder: string;
  readonly shape: ModelShape;
  /** `[vocabulary, hidden]` */
  readonly embedding: Matrix;
  /** `[vocabulary, hidden]`; the embedding itself if the two are tied. */
  readonly head: Matrix;
  readonly finalNorm: Float32Array;
  readonly layers: readonly LayerWeights[];
}

const count = z.number().int().positive();
const configSchema = z.object({
  model_type: z.literal("llama"),
  hidden_act: z.literal("silu").default("silu"),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().default(1e-6),
  rope_theta: z.number().optional(),
  rope_scaling: z.null().optional(),
  rope_parameters: z
    .object({ rope_theta: z.number().optional(), rope_type: z.literal("default").default("default") })
    .nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.number().int().default(1),
  eos_token_id: z.number().int().default(2),
});

/** Throws `checkpoint-unreadable` or `checkpoint-unsupported` with the folder and the field. */
export const readCheckpoint = (folder: string): Checkpoint => {
  const shape = readShape(folder);
  const tensors = readTensors(join(folder, "model.safetensors"));
  const take = (name: string, ...expected: number[]): Float32Array =>
    takeTensor(tensors, folder, name, expected);
  const table = (name: string): Matrix => ({
    outputs: shape.vocabulary,
    inputs: shape.hidden,
    data: take(name, shape.vocabulary, shape.hidden),
  });
  const embedding = table("model.embed_tokens.weight");
  return {
    folder,
    shape,
    embedding,
    head: shape.tiedEmbeddings ? embedding : table("lm_head.weight"),
    finalNorm: take("model.norm.weight", shape.hidden),
    layers: Array.from({ length: shape.layers }, (_, layer) =>
      readLayer(shape, `model.layers.${layer}`, take),
    ),
  };
};

/** Throws like `readCheckpoint`. */
export const readShape = (folder: string): ModelShape => {
  const parsed = configSchema.safeParse(readJson(join(folder, "config.json")));
  if (!parsed.success) {
    throw new EngineError(
      "checkpoint-unsupported",
      `${folder}/config.json: ${z.prettifyError(parsed.error)}`,
    );
  }
  const config = parsed.data;
  const shape: ModelShape = {
    vocabulary: config.vocab_size,
    hidden: config.hidden_size,
    intermediate: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    keyValueHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDimension: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    context: config.max_position_embeddings,
    ropeTheta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10_000,
    epsilon: config.rms_norm_eps,
    tiedEmbeddings: config.tie_word_embeddings,
    beginToken: config.bos_token_id,
    endToken: config.eos_token_id,
  };
  requireMultiples(folder, shape);
  return shape;
};

/** The kernels' panels and vectors need these multiples. */
const requireMultiples = (folder: string, shape: ModelShape): void => {
  const rules: [string, number, number][] = [
    ["hidden_size", shape.hidden, 8],
    ["intermediate_size", shape.intermediate, 4],
    ["head_dim", shape.headDimension, 4],
    ["max_position_embeddings", shape.context, 8],
    ["num_attention_heads", shape.heads, shape.keyValueHeads],
  ];
  for (const [field, value, divisor] of rules) {
    if (value % divisor === 0) continue;
    const problem = `${folder}/config.json: ${field} is ${value}`;
    throw new EngineError("checkpoint-unsupported", problem, { expected: `a multiple of ${divisor}` });
  }
};

/** `[outputs, inputs]` of a linear layer. */
export const projectionSize = (shape: ModelShape, module: TargetModule): readonly [number, number] => {
  const attention = shape.heads * shape.headDimension;
  const keyValue = shape.keyValueHeads * shape.headDimension;
  const sizes = {
    q_proj: [attention, shape.hidden],
    k_proj: [keyValue, shape.hidden],
    v_proj: [keyValue, shape.hidden],
    o_proj: [shape.hidden, attention],
    gate_proj: [shape.intermediate, shape.hidden],
    up_proj: [shape.intermediate, shape.hidden],
    down_proj: [shape.hidden, shape.intermediate],
  } as const;
  return sizes[module];
};

/** Path of a linear layer within its block: `self_attn.q_proj`, `mlp.up_proj`. */
export const modulePath = (module: TargetModule): string =>
  `${["q_proj", "k_proj", "v_proj", "o_proj"].includes(module) ? "self_attn" : "mlp"}.${module}`;

type Take = (name: string, ...expected: number[]) => Float32Array;

const readLayer = (shape: ModelShape, prefix: string, take: Take): LayerWeights => {
  const projection = (module: TargetModule): Matrix => {
    const [outputs, inputs] = projectionSize(shape, module);
    return { outputs, inputs, data: take(`${prefix}.${modulePath(module)}.weight`, outputs, inputs) };
  };
  return {
    inputNorm: take(`${prefix}.input_layernorm.weight`, shape.hidden),
    outputNorm: take(`${prefix}.post_attention_layernorm.weight`, shape.hidden),
    projections: recordOf(projection),
  };
};

/** One value per linear layer. */
export const recordOf = <Value>(make: (module: TargetModule) => Value): Record<TargetModule, Value> =>
  Object.fromEntries(TARGET_MODULES.map((module) => [module, make(module)])) as Record<TargetModule, Value>;

export const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new EngineError("checkpoint-unreadable", `${path} cannot be read as JSON.`, { cause });
  }
};

export const readTensors = (path: string): Map<string, Tensor> => {
  let file: Uint8Array;
  try {
    file = readFileSync(path);
  } catch (cause) {
    throw new EngineError("checkpoint-unreadable", `${path} cannot be read.`, { cause });
  }
  return parseSafetensors(file, path);
};

const takeTensor = (
  tensors: ReadonlyMap<string, Tensor>,
  folder: string,
  name: string,
  expected: readonly number[],
): Float32Array => {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw new EngineError("checkpoint-unreadable", `${folder}/model.safetensors lacks ${name}.`);
  }
  if (tensor.shape.join() !== expected.join()) {
    const problem = `${folder}/model.safetensors: ${name} has shape [${tensor.shape}]`;
    throw new EngineError("checkpoint-unreadable", problem, {
      expected: `[${expected}], as config.json says`,
    });
  }
  return tensor.data;
};
