import type { Tokenizer } from "../engine/index.ts";

export interface TokenText {
  readonly text: string;
  /** UTF-8; null for a special token, which has no text of its own. */
  readonly bytes: readonly number[] | null;
}

/** The text of single tokens, decoded once each. */
export class TokenTexts {
  readonly #tokenizer: Tokenizer;
  readonly #known: (TokenText | undefined)[] = [];
  #longest = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** A special token reads `token_id:<id>`, as in vLLM, so that two of them never share a key. */
  of(token: number): TokenText {
    const known = this.#known[token];
    if (known) return known;
    const text = this.#tokenizer.decode([token]);
    const entry: TokenText =
      text === "" ? { text: `token_id:${token}`, bytes: null } : { text, bytes: [...Buffer.from(text)] };
    this.#known[token] = entry;
    return entry;
  }

  /** Characters of the longest token: no text has fewer tokens than its length divided by this. */
  get longest(): number {
    if (this.#longest > 0) return this.#longest;
    const lengths = Array.from({ length: this.#tokenizer.vocabularySize }, (_, token) =>
      this.lengthOf(token),
    );
    this.#longest = Math.max(1, ...lengths);
    return this.#longest;
  }

  /** Characters the token adds to a decoded text. */
  lengthOf(token: number): number {
    const entry = this.of(token);
    return entry.bytes === null ? 0 : entry.text.length;
  }
}
