/** The shape of a decoder-only language model, as far as its memory depends on it. Source: its config.json. */
import { z } from "zod";

export interface Shape {
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Width of the gated MLP. */
  readonly inner: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  readonly vocabulary: number;
  /** Longest context [tokens]. */
  readonly context: number;
  /** Whether the output layer is the embedding. */
  readonly tied: boolean;
  /** Layers that attend only to the last `window` tokens. */
  readonly slidingLayers: number;
  /** [tokens]; infinite without sliding layers. */
  readonly window: number;
  /** Parameters of towers for images or sound. */
  readonly tower: number;
  /** Bytes of a stored weight of a linear layer; 2 for bfloat16, fewer if the checkpoint is quantized. */
  readonly weightBytes: number;
}

const count = z.int().positive();
const textSchema = z.object({
  model_type: z.string().optional(),
  num_hidden_layers: count,
  hidden_size: count,
  intermediate_size: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count.default(4096),
  tie_word_embeddings: z.boolean().nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window_pattern: count.nullish(),
  layer_types: z.array(z.string()).nullish(),
});
const towerSchema = z.object({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  patch_size: count.default(14),
  image_size: count.default(224),
});
const quantizationSchema = z.object({
  quant_method: z.string().optional(),
  bits: z.number().positive().nullish(),
  load_in_4bit: z.boolean().nullish(),
});
type Text = z.infer<typeof textSchema>;

/** Gemma 3's config.json leaves out what equals the defaults of `transformers`. */
const GEMMA_3 = {
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  vocab_size: 262_208,
  max_position_embeddings: 131_072,
  sliding_window: 4096,
  sliding_window_pattern: 6,
  tie_word_embeddings: true,
};

const slidingOf = (text: Text): Pick<Shape, "slidingLayers" | "window"> => {
  const window = text.sliding_window ?? Number.POSITIVE_INFINITY;
  if (window === Number.POSITIVE_INFINITY || text.use_sliding_window === false)
    return { slidingLayers: 0, window: Number.POSITIVE_INFINITY };
  if (text.layer_types)
    return { slidingLayers: text.layer_types.filter((type) => type.startsWith("sliding")).length, window };
  const pattern = text.sliding_window_pattern;
  const full = pattern ? Math.floor(text.num_hidden_layers / pattern) : 0;
  return { slidingLayers: text.num_hidden_layers - full, window };
};

/** Attention, MLP and the embeddings of patches and places; biases and norms are left out. */
const towerOf = (config: object, width: number): number => {
  const parsed = towerSchema.safeParse((config as { vision_config?: unknown }).vision_config);
  if (!parsed.success) return 0;
  const {
    hidden_size: size,
    intermediate_size: inner,
    num_hidden_layers,
    patch_size,
    image_size,
  } = parsed.data;
  const layer = 4 * size ** 2 + 2 * size * inner;
  return num_hidden_layers * layer + size * (3 * patch_size ** 2 + (image_size / patch_size) ** 2 + width);
};

const weightBytesOf = (config: object): number => {
  const parsed = quantizationSchema.safeParse(
    (config as { quantization_config?: unknown }).quantization_config,
  );
  if (!parsed.success) return 2;
  const { bits, load_in_4bit, quant_method } = parsed.data;
  if (load_in_4bit) return 0.5;
  return bits ? bits / 8 : quant_method === "fp8" ? 1 : 2;
};

/** @throws z.ZodError that names what the config.json lacks. */
export const shapeOf = (config: object): Shape => {
  const inner = (config as { text_config?: object }).text_config ?? config;
  const type = (inner as { model_type?: string }).model_type ?? "";
  const defaults = type.startsWith("gemma3") ? GEMMA_3 : {};
  const given = Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== null));
  const text = textSchema.parse({ ...defaults, ...given });
  return {
    layers: text.num_hidden_layers,
    width: text.hidden_size,
    inner: text.intermediate_size,
    heads: text.num_attention_heads,
    kvHeads: text.num_key_value_heads ?? text.num_attention_heads,
    headWidth: text.head_dim ?? text.hidden_size / text.num_attention_heads,
    vocabulary: text.vocab_size,
    context: text.max_position_embeddings,
    tied: text.tie_word_embeddings ?? false,
    ...slidingOf(text),
    tower: towerOf(config, text.hidden_size),
    weightBytes: weightBytesOf(config),
  };
};

/** The linear layers of one block, as `[inputs, outputs]`, by PEFT's names. */
export const linearsOf = (shape: Shape): Readonly<Record<string, readonly [number, number]>> => {
  const { width, inner, heads, kvHeads, headWidth } = shape;
  return {
    q_proj: [width, heads * headWidth],
    k_proj: [width, kvHeads * headWidth],
    v_proj: [width, kvHeads * headWidth],
    o_proj: [heads * headWidth, width],
    gate_proj: [width, inner],
    up_proj: [width, inner],
    down_proj: [inner, width],
  };
};

/** Parameters of the linear layers of all blocks. */
export const linearParameters = (shape: Shape): number =>
  shape.layers * Object.values(linearsOf(shape)).reduce((sum, [from, to]) => sum + from * to, 0);

/** Parameters of the embedding, the output layer, the norms (two in a block, one at the end) and the towers. */
export const otherParameters = ({ vocabulary, width, tied, layers, tower }: Shape): number =>
  vocabulary * width * (tied ? 1 : 2) + (2 * layers + 1) * width + tower;

/** Parameters of a LoRA adapter of this rank on these layers; unknown names, such as Phi's qkv_proj, count nothing. */
export const adapterParameters = (shape: Shape, rank: number, targets: readonly string[]): number => {
  const linears = linearsOf(shape);
  const names = targets.includes("all-linear") ? Object.keys(linears) : targets;
  const perBlock = names.reduce((sum, name) => {
    const [from, to] = linears[name] ?? [0, 0];
    return sum + rank * (from + to);
  }, 0);
  return shape.layers * perBlock;
};
