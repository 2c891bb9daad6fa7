import type { Tokenizer } from "../engine/index.ts";

export interface TokenText {
  readonly text: string;
  /** UTF-8; null for a special token, which has no text. */
  readonly bytes: readonly number[] | null;
}

/** The texts of single tokens, each decoded once. */
export class TokenTexts {
  readonly #tokenizer: Tokenizer;
  readonly #known: (TokenText | undefined)[] = [];
  #longestLength = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The text of a token; `token_id:<id>` for a special token, as in vLLM, so that no two share a key. */
  of(token: number): TokenText {
    const known = this.#known[token];
    if (known) return known;
    const text = this.#tokenizer.decode([token]);
    const entry: TokenText =
      text === "" ? { text: `token_id:${token}`, bytes: null } : { text, bytes: [...Buffer.from(text)] };
    this.#known[token] = entry;
    return entry;
  }

  /** Length of the longest token: a text has at least its length divided by this many tokens. */
  get longest(): number {
    if (this.#longestLength > 0) return this.#longestLength;
    const lengths = Array.from({ length: this.#tokenizer.vocabularySize }, (_, token) =>
      this.lengthOf(token),
    );
    this.#longestLength = Math.max(1, ...lengths);
    return this.#longestLength;
  }

  /** Number of characters that the token adds to a decoded text. */
  lengthOf(token: number): number {
    const entry = this.of(token);
    return entry.bytes === null ? 0 : entry.text.length;
  }
}
