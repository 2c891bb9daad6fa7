/** The engine's in-memory twin for tests: the same port with scripted texts, without a model or a thread. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { adapterUnknown, EngineError, engineClosed, nameTaken } from "./errors.ts";
import type {
  Engine,
  Generation,
  GenerationOptions,
  GenerationRequest,
  Tokenizer,
  TokenLogprob,
} from "./port.ts";
import { checkRequest } from "./request.ts";
import { TextStop } from "./text-stop.ts";

/** Line break and printable ASCII; their ids follow `<pad>`, `<s>` and `</s>`. */
const CHARACTERS = `\n${Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("")}`;
const FIRST_CHARACTER = 3;

/** One token per character. */
export const characterTokenizer: Tokenizer = {
  vocabularySize: FIRST_CHARACTER + CHARACTERS.length,
  beginToken: 1,
  endToken: 2,
  encode: (text) => [...text].map((character) => FIRST_CHARACTER + indexOf(character, text)),
  decode: (tokens) => tokens.map((token) => CHARACTERS[token - FIRST_CHARACTER] ?? "").join(""),
};

const indexOf = (character: string, text: string): number => {
  const index = CHARACTERS.indexOf(character);
  if (index >= 0) return index;
  const problem = `The vocabulary has no token for ${JSON.stringify(character)} in ${JSON.stringify(text)}`;
  throw new EngineError("text-not-encodable", problem, { fix: "use printable ASCII" });
};

export interface FakeEngineSettings {
  readonly model?: string;
  readonly contextLength?: number;
  /** Texts in the order of the calls, or a function of the prompt's text. */
  readonly replies: readonly string[] | ((prompt: string, request: GenerationRequest) => string);
}

export class FakeEngine implements Engine {
  readonly model: string;
  readonly contextLength: number;
  readonly tokenizer = characterTokenizer;
  /** All accepted requests, in order. */
  readonly requests: GenerationRequest[] = [];
  /** Folders by adapter name. */
  readonly folders = new Map<string, string>();
  /** Number of calls that their signal aborted. */
  aborted = 0;
  /** While set, calls wait until they are aborted or the engine is closed. */
  hanging = false;
  /** While set, calls reject with this error. */
  failure: Error | undefined;
  readonly #replies: FakeEngineSettings["replies"];
  readonly #closing = new AbortController();
  #scripted = 0;

  constructor({ model = "fake", contextLength = 256, replies }: FakeEngineSettings) {
    this.model = model;
    this.contextLength = contextLength;
    this.#replies = replies;
  }

  async generate(request: GenerationRequest, options: GenerationOptions = {}): Promise<Generation> {
    options.signal?.throwIfAborted();
    this.#requireOpen();
    checkRequest(request, { context: this.contextLength, vocabulary: this.tokenizer.vocabularySize });
    if (request.adapter !== undefined) this.#requireAdapter(request.adapter);
    this.requests.push(request);
    if (this.failure !== undefined) throw this.failure;
    const signals = options.signal === undefined ? [] : [options.signal];
    const ended = AbortSignal.any([this.#closing.signal, ...signals]);
    ended.addEventListener("abort", () => (options.signal?.aborted ? this.aborted++ : undefined), {
      once: true,
    });
    return this.#reply(request, ended, options.onText);
  }

  async loadAdapter(name: string, folder: string): Promise<void> {
    this.#requireOpen();
    if (this.folders.has(name)) throw nameTaken(name, this.model);
    this.folders.set(name, folder);
  }

  async unloadAdapter(name: string): Promise<void> {
    this.#requireOpen();
    this.#requireAdapter(name);
    this.folders.delete(name);
  }

  adapters(): readonly string[] {
    return [...this.folders.keys()];
  }

  async close(): Promise<void> {
    this.#closing.abort(engineClosed(this.model));
  }

  #requireOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  #requireAdapter(name: string): void {
    if (!this.folders.has(name)) throw adapterUnknown(name, this.model);
  }

  async #reply(
    request: GenerationRequest,
    ended: AbortSignal,
    onText: ((piece: string) => void) | undefined,
  ): Promise<Generation> {
    const limit = Math.min(request.maxTokens, this.contextLength - request.prompt.length);
    const script = limit === 0 ? [] : this.tokenizer.encode(this.#next(request));
    const text = new TextStop(request.stop);
    let stopped = false;
    for (const token of script.slice(0, limit)) {
      await this.#turn(ended);
      stopped = text.append(this.tokenizer.decode([token]));
      if (stopped) break;
      emit(text.release(false), onText);
    }
    await this.#turn(ended);
    emit(text.release(true), onText);
    const finish = stopped || script.length < limit ? "stop" : "length";
    return describe(request, script.slice(0, text.tokenCount), text.text, finish);
  }

  async #turn(ended: AbortSignal): Promise<void> {
    await nextTurn();
    ended.throwIfAborted();
    if (!this.hanging) return;
    await new Promise((_, reject) => {
      ended.addEventListener("abort", () => reject(ended.reason), { once: true });
    });
  }

  #next(request: GenerationRequest): string {
    const prompt = this.tokenizer.decode(request.prompt);
    if (typeof this.#replies === "function") return this.#replies(prompt, request);
    const reply = this.#replies[this.#scripted++];
    if (reply !== undefined) return reply;
    const problem = `The fake engine ${this.model} has no reply left for ${JSON.stringify(prompt)}`;
    throw new EngineError("request-invalid", problem, { fix: "script one more" });
  }
}

const emit = (piece: string, onText: ((piece: string) => void) | undefined): void => {
  if (piece !== "") onText?.(piece);
};

/** Every scripted token has log-probability 0. */
const describe = (
  request: GenerationRequest,
  tokens: readonly number[],
  text: string,
  finish: Generation["finish"],
): Generation => {
  const certain = (token: number): TokenLogprob => ({
    token,
    logprob: 0,
    top: (request.logprobs ?? 0) > 0 ? [{ token, logprob: 0 }] : [],
  });
  return {
    tokens,
    text,
    finish,
    ...(request.logprobs === undefined ? {} : { logprobs: tokens.map(certain) }),
    ...(request.scorePrompt === true
      ? { promptLogprobs: request.prompt.map((token, index) => (index === 0 ? undefined : certain(token))) }
      : {}),
  };
};
