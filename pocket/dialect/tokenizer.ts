import { NAMES, VERBS } from "./problem.ts";

/** The dialect's tokens: single characters, and words with one following space. */
const SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"] as const;
const CHARACTERS = [..."0123456789+-*=?: \n"];
const SOLUTION_WORDS = ["ans ", "none", "first", "second"];
const EXPLANATION_WORDS = ["by ", "steps ", "steps", "leaps ", "leaps", "head ", "head", "show ", "good"];
const PROMPT_WORDS = ["make ", "check ", "vote ", "or ", "explain ", "review ", "story", "chain"];
const STORY_WORDS = [...NAMES, "has", ...Object.values(VERBS).flat(), "how"].map((word) => `${word} `);

export const VOCABULARY: readonly string[] = [
  ...SPECIAL,
  ...CHARACTERS,
  ...SOLUTION_WORDS,
  ...EXPLANATION_WORDS,
  ...PROMPT_WORDS,
  ...STORY_WORDS,
  "many",
];
export const PAD = 0;
export const BEGIN = 1;
export const END = 2;
export const UNKNOWN = 3;
export const CONTEXT_LENGTH = 512;

const PATTERN = "[a-z]+ ?|.|\\n";
const IDS = new Map(VOCABULARY.map((token, id) => [token, id]));

/** Token ids of a text, without special tokens. Text outside the dialect becomes `<unk>`. */
export const encode = (text: string): number[] =>
  [...text.matchAll(new RegExp(PATTERN, "gu"))].map(([token]) => IDS.get(token) ?? UNKNOWN);

export const decode = (tokens: readonly number[]): string =>
  tokens.map((token) => (token < SPECIAL.length ? "" : VOCABULARY[token])).join("");

/** The contents of `tokenizer.json` for the `tokenizers` libraries of Rust, Python and JavaScript. */
export const tokenizerFile = (): object => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map((content, id) => ({ ...PLAIN_TOKEN, id, content })),
  normalizer: null,
  pre_tokenizer: { type: "Split", pattern: { Regex: PATTERN }, behavior: "Isolated", invert: false },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }],
    special_tokens: { "<s>": { id: "<s>", ids: [BEGIN], tokens: ["<s>"] } },
  },
  decoder: { type: "Fuse" },
  model: { ...BYTE_PAIR, vocab: Object.fromEntries(IDS), merges: [] },
});

const PLAIN_TOKEN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** A byte-pair model without merges that keeps known words whole, so every library can load this word-level model. */
const BYTE_PAIR = {
  type: "BPE",
  dropout: null,
  unk_token: "<unk>",
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: true,
  byte_fallback: false,
  ignore_merges: true,
};

/** The contents of `tokenizer_config.json`; a chat is the concatenation of its messages' contents. */
export const tokenizerConfigFile = (): object => ({
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: "<s>",
  eos_token: "</s>",
  pad_token: "<pad>",
  unk_token: "<unk>",
  clean_up_tokenization_spaces: false,
  model_max_length: CONTEXT_LENGTH,
  chat_template: "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}",
});
