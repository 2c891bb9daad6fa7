/** Checkpoints with random weights, for tests and benchmarks that need no trained model. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelShape, modulePath, projectionSize, TARGET_MODULES } from "./checkpoint.ts";
import { formatSafetensors, type Tensor } from "./safetensors.ts";
import { uniform } from "./sampler.ts";

const SPECIAL = ["<pad>", "<s>", "</s>"];
const WORDS = ["Q:", "A:", "yes", "no", "step"];
const CHARACTERS = [..."0123456789+-*/=;:.,? \nabcdefghijklmnopqrstuvwxyz"];
const VOCABULARY = [...SPECIAL, ...WORDS, ...CHARACTERS];

/** About 86k parameters, like the smallest pocket models. */
export const SMALL_SHAPE: ModelShape = {
  vocabulary: VOCABULARY.length,
  hidden: 48,
  intermediate: 128,
  layers: 3,
  heads: 4,
  keyValueHeads: 4,
  headDimension: 12,
  context: 256,
  ropeTheta: 10_000,
  epsilon: 1e-6,
  tiedEmbeddings: false,
  beginToken: 1,
  endToken: 2,
};

/** About 400k parameters, with grouped queries and tied embeddings. */
export const LARGE_SHAPE: ModelShape = {
  ...SMALL_SHAPE,
  hidden: 96,
  intermediate: 256,
  layers: 4,
  heads: 6,
  keyValueHeads: 2,
  headDimension: 16,
  ropeTheta: 5_000,
  tiedEmbeddings: true,
};

/**
 * Writes a folder that `readCheckpoint` and `transformers` can load. The weights are large enough for varied logits.
 */
export const writeRandomCheckpoint = (folder: string, shape: ModelShape = SMALL_SHAPE, seed = 1): void => {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  write("config.json", config(shape));
  write("tokenizer.json", tokenizer());
  write("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: "<s>",
    eos_token: "</s>",
    pad_token: "<pad>",
    clean_up_tokenization_spaces: false,
  });
  writeFileSync(join(folder, "model.safetensors"), formatSafetensors(randomTensors(shape, seed)));
};

const config = (shape: ModelShape): Record<string, unknown> => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  vocab_size: shape.vocabulary,
  hidden_size: shape.hidden,
  intermediate_size: shape.intermediate,
  num_hidden_layers: shape.layers,
  num_attention_heads: shape.heads,
  num_key_value_heads: shape.keyValueHeads,
  head_dim: shape.headDimension,
  max_position_embeddings: shape.context,
  rms_norm_eps: shape.epsilon,
  rope_theta: shape.ropeTheta,
  tie_word_embeddings: shape.tiedEmbeddings,
  bos_token_id: shape.beginToken,
  eos_token_id: shape.endToken,
  pad_token_id: 0,
  hidden_act: "silu",
  attention_bias: false,
  mlp_bias: false,
  dtype: "float32",
});

const tokenizer = (): Record<string, unknown> => {
  const words = WORDS.join("|");
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: `${words}|[\\s\\S]` },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
      merges: [],
    },
  };
};

const randomTensors = (shape: ModelShape, seed: number): Map<string, Tensor> => {
  const tensors = new Map<string, Tensor>();
  let draw = 0;
  const add = (name: string, dimensions: readonly number[], centre: number, width: number): void => {
    const length = dimensions.reduce((product, size) => product * size, 1);
    const value = (): number => centre + (uniform(seed, draw++) - 0.5) * width;
    tensors.set(name, { shape: dimensions, data: Float32Array.from({ length }, value) });
  };
  add("model.embed_tokens.weight", [shape.vocabulary, shape.hidden], 0, 0.6);
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    add(`${prefix}.input_layernorm.weight`, [shape.hidden], 1, 0.4);
    add(`${prefix}.post_attention_layernorm.weight`, [shape.hidden], 1, 0.4);
    for (const module of TARGET_MODULES) {
      add(`${prefix}.${modulePath(module)}.weight`, projectionSize(shape, module), 0, 0.5);
    }
  }
  add("model.norm.weight", [shape.hidden], 1, 0.4);
  if (!shape.tiedEmbeddings) add("lm_head.weight", [shape.vocabulary, shape.hidden], 0, 0.6);
  return tensors;
};
