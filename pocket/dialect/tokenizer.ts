import { FAMILIES, NAMES, VERBS } from "./problem.ts";

/**
 * The dialect's tokens: single characters, and words with one following space. The words are added tokens, which are
 * found in a text before its characters. The files are those of a SentencePiece vocabulary without merges (a space is
 * `▁` in them), the only kind of small vocabulary that llama.cpp's converter takes.
 */
const SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"] as const;
const CHARACTERS = [..."0123456789+-*=?:x \n"];
const SOLUTION_WORDS = ["ans ", "none", "first", "second"];
const EXPLANATION_WORDS = ["by ", "steps ", "steps", "leaps ", "leaps", "head ", "head", "show ", "good"];
const PROMPT_WORDS = ["make ", "check ", "vote ", "or ", "explain ", "review ", ...FAMILIES];
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
/** Ids of the special tokens; 0 pads. */
export const BEGIN = 1;
export const END = 2;
export const UNKNOWN = 3;
export const CONTEXT_LENGTH = 512;

const WORDS = VOCABULARY.slice(SPECIAL.length + CHARACTERS.length);
/** The longest word, or one character. */
const PATTERN = new RegExp(
  `${WORDS.toSorted((one, other) => other.length - one.length).join("|")}|[^]`,
  "gu",
);
const IDS = new Map(VOCABULARY.map((token, id) => [token, id]));

/** Token ids of a text, without special tokens. Text outside the dialect becomes `<unk>`. */
export const encode = (text: string): number[] =>
  [...text.matchAll(PATTERN)].map(([token]) => IDS.get(token) ?? UNKNOWN);

export const decode = (tokens: readonly number[]): string =>
  tokens.map((token) => (token < SPECIAL.length ? "" : VOCABULARY[token])).join("");

/** The contents of `tokenizer.json` for the `tokenizers` libraries of Rust, Python and JavaScript. */
export const tokenizerFile = (): object => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [...SPECIAL, ...WORDS].map((content) => addedToken(content)),
  normalizer: { type: "Replace", pattern: { String: " " }, content: SPACE },
  pre_tokenizer: null,
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [
      { SpecialToken: { id: "<s>", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { Sequence: { id: "B", type_id: 0 } },
    ],
    special_tokens: { "<s>": { id: "<s>", ids: [BEGIN], tokens: ["<s>"] } },
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: SPACE }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
    ],
  },
  model: { ...BYTE_PAIR, vocab: Object.fromEntries(CHARACTER_IDS), merges: [] },
});

const SPACE = "▁";
const CHARACTER_IDS = [...SPECIAL, ...CHARACTERS].map(
  (token, id) => [token.replace(" ", SPACE), id] as const,
);

const addedToken = (content: string): object => ({
  id: IDS.get(content),
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: SPECIAL.some((one) => one === content),
});

const BYTE_PAIR = {
  type: "BPE",
  dropout: null,
  unk_token: "<unk>",
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: true,
  byte_fallback: true,
  ignore_merges: false,
};

/** The contents of `tokenizer_config.json`; a chat is the concatenation of its messages' contents. */
export const tokenizerConfigFile = (): object => ({
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: "<s>",
  eos_token: "</s>",
  pad_token: "<pad>",
  unk_token: "<unk>",
  add_prefix_space: false,
  clean_up_tokenization_spaces: false,
  model_max_length: CONTEXT_LENGTH,
  chat_template: "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}",
});
