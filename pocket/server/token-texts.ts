import type { Tokenizer } from "../engine/port.ts";

export interface TokenText {
  readonly text: string;
  /** UTF-8; null for a special token, which has no text of its own. */
  readonly bytes: readonly number[] | null;
}

/** The text of single tokens, decoded once each. */
export class TokenTexts {
  readonly #tokenizer: Tokenizer;
  readonly #known: (TokenText | undefined)[] = [];

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

  /** Characters the token adds to a decoded text. */
  lengthOf(token: number): number {
    const entry = this.of(token);
    return entry.bytes === null ? 0 : entry.text.length;
  }
}
