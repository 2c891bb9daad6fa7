/**
 * The prefix cache of a simulated server, as vLLM keeps it: blocks of 16 tokens, each known by its own tokens and all
 * tokens before it, the longest unused ones evicted first. Adapters do not share blocks. Replies are not cached.
 */

export const BLOCK_TOKENS = 16;
const charactersPerToken = 4;
const blockCharacters = BLOCK_TOKENS * charactersPerToken;

/** A token is four characters of text, counted from its start. */
export const tokensIn = (text: string): number => Math.ceil(text.length / charactersPerToken);

const fullBlocks = (text: string): string[] =>
  Array.from({ length: Math.floor(text.length / blockCharacters) }, (_, index) =>
    text.slice(index * blockCharacters, (index + 1) * blockCharacters),
  );

export class PrefixCache {
  readonly #blocks: number;
  /** Number of each block by the number of the block before it and its text; the longest unused comes first. */
  readonly #known = new Map<string, number>();
  #numbered = 0;

  /** `blocks`: how many fit; 0 caches nothing. */
  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  /** Tokens at the start of a prompt that need not be computed; all its full blocks are cached from now on. */
  admit(prompt: string, adapter: string): number {
    let parent = `${adapter}:`;
    let hits = 0;
    let isHit = true;
    for (const block of fullBlocks(prompt)) {
      const key = `${parent} ${block}`;
      const known = this.#known.get(key);
      isHit &&= known !== undefined;
      if (isHit) hits += 1;
      parent = String(this.#use(key, known ?? ++this.#numbered));
    }
    return Math.min(hits, this.#cacheable(prompt)) * BLOCK_TOKENS;
  }

  /** At least the last token is always computed: the reply begins with what it predicts. */
  #cacheable(prompt: string): number {
    return Math.max(0, Math.floor((tokensIn(prompt) - 1) / BLOCK_TOKENS));
  }

  #use(key: string, number: number): number {
    this.#known.delete(key);
    this.#known.set(key, number);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#blocks) break;
      this.#known.delete(oldest);
    }
    return number;
  }
}
