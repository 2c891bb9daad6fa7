/**
 * The shapes of the paper's models, in the words of their config.json on the Hugging Face hub, for machines that do not
 * hold the checkpoint. A config.json on the machine is preferred.
 */

const gemma = { model_type: "gemma3_text", num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256 };
const siglip = {
  hidden_size: 1152,
  intermediate_size: 4304,
  num_hidden_layers: 27,
  patch_size: 14,
  image_size: 896,
};

export const KNOWN_SHAPES: Readonly<Record<string, object>> = {
  // Width, heads and vocabulary are those of its published GGUF file. Its 28 layers and untied output are those of
  // other models of the family: an upper bound.
  "openbmb/BitCPM4-1B": {
    ...{ num_hidden_layers: 28, hidden_size: 2048, intermediate_size: 6144, num_attention_heads: 16 },
    ...{ num_key_value_heads: 2, head_dim: 128, vocab_size: 73_448, tie_word_embeddings: false },
    max_position_embeddings: 32_768,
  },
  "meta-llama/Llama-3.2-1B-Instruct": {
    ...{ num_hidden_layers: 16, hidden_size: 2048, intermediate_size: 8192, num_attention_heads: 32 },
    ...{ num_key_value_heads: 8, head_dim: 64, vocab_size: 128_256, tie_word_embeddings: true },
    max_position_embeddings: 131_072,
  },
  "google/gemma-3-1b-it": {
    ...{ ...gemma, num_hidden_layers: 26, hidden_size: 1152, intermediate_size: 6912, vocab_size: 262_144 },
    ...{ num_attention_heads: 4, num_key_value_heads: 1, sliding_window: 512, sliding_window_pattern: 6 },
    max_position_embeddings: 32_768,
  },
  "google/gemma-3-4b-it": {
    text_config: {
      ...{ ...gemma, num_hidden_layers: 34, hidden_size: 2560, intermediate_size: 10_240 },
      ...{ vocab_size: 262_208, sliding_window: 1024, sliding_window_pattern: 6 },
      max_position_embeddings: 131_072,
    },
    vision_config: siglip,
  },
  "Qwen/Qwen3-1.7B": {
    ...{ num_hidden_layers: 28, hidden_size: 2048, intermediate_size: 6144, num_attention_heads: 16 },
    ...{ num_key_value_heads: 8, head_dim: 128, vocab_size: 151_936, tie_word_embeddings: true },
    max_position_embeddings: 40_960,
  },
  "Qwen/Qwen3-4B": {
    ...{ num_hidden_layers: 36, hidden_size: 2560, intermediate_size: 9728, num_attention_heads: 32 },
    ...{ num_key_value_heads: 8, head_dim: 128, vocab_size: 151_936, tie_word_embeddings: true },
    max_position_embeddings: 40_960,
  },
  "microsoft/Phi-4-mini-instruct": {
    ...{ num_hidden_layers: 32, hidden_size: 3072, intermediate_size: 8192, num_attention_heads: 24 },
    ...{ num_key_value_heads: 8, head_dim: 128, vocab_size: 200_064, tie_word_embeddings: true },
    max_position_embeddings: 131_072,
  },
};
