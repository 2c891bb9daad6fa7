/** The tokenizer of a checkpoint folder, using Hugging Face's JavaScript tokenizers. */
import { join } from "node:path";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { readJson } from "./checkpoint.ts";
import { causeText, EngineError } from "./errors.ts";
import type { Tokenizer } from "./port.ts";

/** A tokenizer whose decoded text is the concatenation of its tokens' pieces. */
export interface PieceTokenizer extends Tokenizer {
  /** Text of each token; special tokens are empty. `[vocabularySize]` */
  readonly pieces: readonly string[];
}

interface SpecialTokens {
  readonly beginToken: number;
  readonly endToken: number;
}

/**
 * `fallback` gives the special tokens that `tokenizer_config.json` lacks. Throws `tokenizer-unreadable`, also if the
 * decoder does not simply join the pieces (use `Fuse`).
 */
export const readTokenizer = (folder: string, fallback: SpecialTokens): PieceTokenizer => {
  const { library, config, pieces, whole } = openLibrary(folder);
  const vocabularySize = pieces.length;
  if (whole !== pieces.join("")) {
    const problem = `${folder}/tokenizer.json: its decoder does not join the tokens unchanged`;
    throw new EngineError("tokenizer-unreadable", problem, { fix: "use a decoder of type Fuse" });
  }
  return {
    vocabularySize,
    beginToken: specialToken(library, config.bos_token) ?? fallback.beginToken,
    endToken: specialToken(library, config.eos_token) ?? fallback.endToken,
    pieces,
    encode: (text) => encode(library, pieces, text),
    decode: (tokens) => tokens.map((token) => pieces[token] ?? "").join(""),
  };
};

interface TokenizerConfig {
  readonly bos_token?: unknown;
  readonly eos_token?: unknown;
}

interface Opened {
  readonly library: HuggingFaceTokenizer;
  readonly config: TokenizerConfig;
  readonly pieces: readonly string[];
  /** All tokens, decoded together. */
  readonly whole: string;
}

const openLibrary = (folder: string): Opened => {
  try {
    const config = readJson(join(folder, "tokenizer_config.json")) as TokenizerConfig;
    const model = readJson(join(folder, "tokenizer.json")) as object;
    const library = new HuggingFaceTokenizer(model, config);
    const all = Array.from({ length: library.get_vocab(true).size }, (_, token) => token);
    const decode = (tokens: number[]): string => library.decode(tokens, { skip_special_tokens: true });
    return { library, config, pieces: all.map((token) => decode([token])), whole: decode(all) };
  } catch (cause) {
    const problem = `The tokenizer of ${folder} cannot be read: ${causeText(cause)}`;
    throw new EngineError("tokenizer-unreadable", problem, { cause });
  }
};

/** A special token is a text or an object with that text as `content`. */
const specialToken = (library: HuggingFaceTokenizer, token: unknown): number | undefined => {
  if (typeof token === "string") return library.token_to_id(token);
  if (typeof token !== "object" || token === null || !("content" in token)) return undefined;
  return typeof token.content === "string" ? library.token_to_id(token.content) : undefined;
};

/**
 * Adds no special tokens. Throws `text-not-encodable` if the tokens would not decode to the text: for unknown
 * characters and for the text of special tokens.
 */
const encode = (library: HuggingFaceTokenizer, pieces: readonly string[], text: string): number[] => {
  if (text === "") return [];
  const ids: number[] = library.encode(text, { add_special_tokens: false }).ids;
  if (ids.map((id) => pieces[id] ?? "").join("") === text) return ids;
  const known = new Set(pieces.join(""));
  const missing = [...new Set(text)].filter((character) => !known.has(character)).join("");
  const problem = `The vocabulary has no token for ${JSON.stringify(missing)}`;
  throw new EngineError("text-not-encodable", `${problem} in ${JSON.stringify(text.slice(0, 80))}.`);
};
