/** One pending request: its tokens, the number of them in the cache, and the sampled results. */
import type { PackedWeights } from "./kernels/packed-weights.ts";
import type { Generation, GenerationRequest, TokenLogprob } from "./port.ts";
import { describe, sample } from "./sampler.ts";
import { TextStop } from "./text-stop.ts";
import type { PieceTokenizer } from "./tokenizer.ts";

/** Callbacks to the requester. Exactly one of `onDone` and `onFailed` is called, unless the sequence is aborted. */
export interface SequenceListener {
  readonly onDone: (generation: Generation) => void;
  readonly onFailed: (cause: unknown) => void;
  readonly onText?: ((piece: string) => void) | undefined;
}

export class Sequence {
  readonly request: GenerationRequest;
  readonly weights: PackedWeights;
  readonly listener: SequenceListener;
  /** Prompt tokens, then sampled tokens. */
  readonly tokens: number[];
  /** Number of `tokens` whose keys and values are in the slot's cache. */
  filled = 0;
  readonly #tokenizer: PieceTokenizer;
  readonly #limit: number;
  readonly #text: TextStop;
  readonly #logprobs: TokenLogprob[] = [];
  readonly #promptLogprobs: (TokenLogprob | undefined)[] = [undefined];

  constructor(
    request: GenerationRequest,
    weights: PackedWeights,
    listener: SequenceListener,
    tokenizer: PieceTokenizer,
    contextLength: number,
  ) {
    this.request = request;
    this.weights = weights;
    this.listener = listener;
    this.tokens = [...request.prompt];
    this.#tokenizer = tokenizer;
    this.#limit = Math.min(request.maxTokens, contextLength - request.prompt.length);
    this.#text = new TextStop(request.stop);
  }

  get scoresPrompt(): boolean {
    return this.request.scorePrompt === true;
  }

  /** Number of rows to compute before the next token can be sampled. */
  get pending(): number {
    return this.tokens.length - this.filled;
  }

  /** Records the log-probability of prompt token `position + 1` from the logits at `position`. */
  score(logits: Float32Array, position: number): void {
    const token = this.request.prompt[position + 1];
    if (token !== undefined) this.#promptLogprobs.push(describe(logits, token, this.request.logprobs ?? 0));
  }

  /** Samples one token from the logits of the last row. Returns the generation if this token ends it. */
  advance(logits: Float32Array): Generation | undefined {
    const produced = this.tokens.length - this.request.prompt.length;
    if (produced >= this.#limit) return this.#finish("length");
    const token = sample(logits, this.request, produced);
    if (token === this.#tokenizer.endToken) return this.#finish("stop");
    this.tokens.push(token);
    if (this.request.logprobs !== undefined) {
      this.#logprobs.push(describe(logits, token, this.request.logprobs));
    }
    const stopped = this.#text.append(this.#tokenizer.pieces[token] ?? "");
    if (stopped) return this.#finish("stop");
    if (produced + 1 >= this.#limit) return this.#finish("length");
    this.#emit(false);
    return undefined;
  }

  #emit(final: boolean): void {
    if (this.listener.onText === undefined) return;
    const piece = this.#text.release(final);
    if (piece !== "") this.listener.onText(piece);
  }

  #finish(finish: "stop" | "length"): Generation {
    this.#emit(true);
    const kept = this.#text.tokenCount;
    const start = this.request.prompt.length;
    return {
      tokens: this.tokens.slice(start, start + kept),
      text: this.#text.text,
      finish,
      ...(this.request.logprobs === undefined ? {} : { logprobs: this.#logprobs.slice(0, kept) }),
      ...(this.scoresPrompt ? { promptLogprobs: this.#promptLogprobs } : {}),
    };
  }
}
