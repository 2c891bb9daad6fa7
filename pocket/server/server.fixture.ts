/** Shared by the server's tests: a scripted engine, and a server with a client that closes after the test. */
import { tmpdir } from "node:os";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import type {
  Engine,
  Generation,
  GenerationOptions,
  GenerationRequest,
  Tokenizer,
  TokenLogprob,
} from "../engine/index.ts";
import { type PocketModel, type PocketServer, type PocketServerOptions, servePocket } from "./serve.ts";

const CHARACTERS = "0123456789+-*=;?> ";
const FIRST_CHARACTER = 2;

/** One token per character; 0 is the begin token, 1 the end token. */
export const tokenizer: Tokenizer = {
  vocabularySize: CHARACTERS.length + FIRST_CHARACTER,
  beginToken: 0,
  endToken: 1,
  encode: (text) =>
    [...text].map((character) => {
      const index = CHARACTERS.indexOf(character);
      if (index < 0) throw new Error(`there is no token for "${character}"`);
      return index + FIRST_CHARACTER;
    }),
  decode: (tokens) => tokens.map((token) => CHARACTERS[token - FIRST_CHARACTER] ?? "").join(""),
};

export type Script = (request: GenerationRequest) => string;

/** Generates its script's text, up to `maxTokens` characters; the gate can hold it back. */
export class ScriptedEngine implements Engine {
  readonly model = "scripted";
  readonly contextLength = 64;
  readonly tokenizer = tokenizer;
  readonly requests: GenerationRequest[] = [];
  readonly aborted: unknown[] = [];
  readonly script: Script;
  /** Sequences wait for this promise after their first character. */
  gate: Promise<void> = Promise.resolve();
  closed = false;
  readonly #adapters = new Set<string>();

  constructor(script: Script = () => "42") {
    this.script = script;
  }

  async generate(request: GenerationRequest, options: GenerationOptions = {}): Promise<Generation> {
    this.requests.push(request);
    const whole = this.script(request);
    const text = whole.slice(0, request.maxTokens);
    options.onText?.(text.slice(0, 1));
    await this.#pass(options.signal);
    options.onText?.(text.slice(1));
    const tokens = tokenizer.encode(text);
    return {
      tokens,
      text,
      finish: text.length < whole.length ? "length" : "stop",
      ...(request.logprobs === undefined ? {} : { logprobs: tokens.map((token) => scoreOf(token, request)) }),
      ...(request.scorePrompt ? { promptLogprobs: promptScores(request) } : {}),
    };
  }

  /** Holds every sequence until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }

  #pass(signal: AbortSignal | undefined): Promise<void> {
    const { promise, reject } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => {
      this.aborted.push(signal.reason);
      reject(signal.reason);
    });
    return Promise.race([this.gate, promise]);
  }

  async loadAdapter(name: string, folder: string): Promise<void> {
    if (folder.endsWith("broken")) throw new Error("its tensors fit another model");
    this.#adapters.add(name);
  }

  async unloadAdapter(name: string): Promise<void> {
    this.#adapters.delete(name);
  }

  adapters(): readonly string[] {
    return [...this.#adapters];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const scoreOf = (token: number, { logprobs = 0 }: GenerationRequest): TokenLogprob => {
  const top = Array.from({ length: logprobs }, (_, rank) => ({
    token: rank,
    logprob: rank === 0 ? Number.NEGATIVE_INFINITY : -rank,
  }));
  return { token, logprob: -token / 8, top };
};

const promptScores = (request: GenerationRequest): (TokenLogprob | undefined)[] =>
  request.prompt.map((token, position) => (position === 0 ? undefined : scoreOf(token, request)));

export interface Serving {
  readonly server: PocketServer;
  readonly client: OpenAI;
  readonly engine: ScriptedEngine;
}

export const clientOf = (server: PocketServer): OpenAI =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });

/** A server with one scripted model, "tiny", that closes after the test. */
export const serveOne = async (script?: Script, options?: Partial<PocketServerOptions>): Promise<Serving> => {
  const engine = new ScriptedEngine(script);
  const { server, client } = await serveModels([{ name: "tiny", engine }], options);
  return { server, client, engine };
};

export const serveModels = async (
  models: readonly PocketModel[],
  options: Partial<PocketServerOptions> = {},
): Promise<Omit<Serving, "engine">> => {
  const server = await servePocket({ adapterFolders: [tmpdir()], ...options, models });
  onTestFinished(() => server.close());
  return { server, client: clientOf(server) };
};

/** A raw POST; a string `body` is sent as it is, any other value as JSON. */
export const post = async (
  server: PocketServer,
  path: string,
  body: unknown,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<{ status: number; headers: Headers; body: unknown }> => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method: "POST", headers, body: text });
  return { status: response.status, headers: response.headers, body: await response.json() };
};
