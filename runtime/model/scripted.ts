/**
 * A deterministic model for tests and benchmarks: it replies from a script.
 *
 * 1. A script is a list of replies, used in order, or a function of the call. A role without a script uses `*`.
 * 2. A call after the last reply throws an error that names the role and the prompt.
 * 3. The model passes the port's conformance suite: aborts, usage and adapters work as over HTTP. It does not retry.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Model, ModelCall, ModelReply, Probe, TokenScore, Usage, UsageListener } from "./model.ts";
import { codeOfStatus, ModelError } from "./model-error.ts";
import { noTokens, type Spent, SpentTokens } from "./spent.ts";

export interface ScriptedAnswer {
  /** One text for every choice, or one for each. Default: empty. */
  readonly text?: string | readonly string[];
  readonly finish?: "stop" | "length";
  /** Of a scored text. */
  readonly scores?: readonly TokenScore[];
  /** Default: one token per four characters. */
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly delaySeconds?: number;
  /** Never replies; only an abort ends the call. */
  readonly hang?: boolean;
  /** Fails with this HTTP status. */
  readonly fail?: number;
}

/** A string is a reply with that text. */
export type ScriptedReply = string | ScriptedAnswer;
export type ScriptedRole = readonly ScriptedReply[] | ((call: ModelCall) => ScriptedReply);
/** One script per role; `*` for all other roles. */
export type Script = Readonly<Record<string, ScriptedRole>>;

export interface ScriptedModelOptions {
  readonly name: string;
  readonly script: Script;
  readonly onUsage?: UsageListener | undefined;
  /** Accepts adapters but does not apply them, like some servers. */
  readonly ignoresAdapters?: boolean;
}

/** The replies of a script, one after another. @throws ModelError once it has none left for a call */
export const readingOf = (script: Script, name: string): ((call: ModelCall) => ScriptedReply) => {
  const given = new Map<string, number>();
  return (call) => {
    const key = Object.hasOwn(script, call.role) ? call.role : "*";
    const role = script[key];
    if (typeof role === "function") return role(call);
    const index = given.get(key) ?? 0;
    given.set(key, index + 1);
    const reply = role?.[index];
    if (reply !== undefined) return reply;
    const state = role ? `has no reply left after ${role.length}` : "has no such role";
    const problem = `the script ${state}; role "${call.role}", prompt ${JSON.stringify(call.prompt)}`;
    throw new ModelError("model.script", { endpoint: "script", model: name, problem });
  };
};

export class ScriptedModel implements Model {
  readonly name: string;
  readonly #next: (call: ModelCall) => ScriptedReply;
  readonly #onUsage: UsageListener | undefined;
  readonly #adapters = new Set<string>();
  #calls = 0;
  #aborts = 0;
  #asleep = false;
  readonly #ignoresAdapters: boolean;

  constructor({ name, script, onUsage, ignoresAdapters = false }: ScriptedModelOptions) {
    this.name = name;
    this.#ignoresAdapters = ignoresAdapters;
    this.#next = readingOf(script, name);
    this.#onUsage = onUsage;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Number of calls that were aborted while running. */
  get aborts(): number {
    return this.#aborts;
  }

  get adapters(): readonly string[] {
    return [...this.#adapters];
  }

  get asleep(): boolean {
    return this.#asleep;
  }

  async complete(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const startedAt = performance.now();
    const meter = (outcome: Usage["outcome"], spent: Spent) =>
      this.#onUsage?.({
        ...{ model: this.name, role: call.role, calls: 1, outcome },
        ...{ promptTokens: spent.promptTokens, completionTokens: spent.completionTokens },
        seconds: (performance.now() - startedAt) / 1000,
      });
    const wasAborted = signal.aborted;
    try {
      signal.throwIfAborted();
      this.#calls++;
      const reply = await this.#answer(call, signal);
      meter("done", reply);
      return reply;
    } catch (error) {
      if (signal.aborted) this.#aborts++;
      meter(signal.aborted ? "aborted" : "failed", wasAborted ? noTokens : spentOn(call, error));
      throw error;
    }
  }

  async #answer(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    this.#assertServed(call.adapter);
    const reply = this.#next(call);
    const answer: ScriptedAnswer = typeof reply === "string" ? { text: reply } : reply;
    if (answer.hang) await aborted(signal);
    if (answer.delaySeconds) await pause(answer.delaySeconds, signal);
    if (answer.fail !== undefined) throw this.#failure(answer.fail, `HTTP ${answer.fail}, as scripted`);
    return replyOf(answer, call);
  }

  #assertServed(adapter: string | undefined): void {
    if (this.#asleep) throw this.#failure(400, "the endpoint sleeps");
    if (adapter === undefined || this.#adapters.has(adapter)) return;
    throw this.#failure(404, `the adapter "${adapter}" is not loaded`);
  }

  #failure(status: number, problem: string): ModelError {
    return new ModelError(codeOfStatus(status), { endpoint: "script", model: this.name, problem, status });
  }

  async loadAdapter(name: string): Promise<void> {
    this.#assertServed(undefined);
    if (this.#adapters.has(name)) throw this.#failure(400, `the adapter "${name}" is already loaded`);
    this.#adapters.add(name);
  }

  async unloadAdapter(name: string): Promise<void> {
    this.#assertServed(name);
    this.#adapters.delete(name);
  }

  /** Each adapter name stands for different weights. */
  async probe(prompt: string, adapter: string | undefined): Promise<Probe> {
    this.#assertServed(adapter);
    const weights = this.#ignoresAdapters ? undefined : adapter;
    return { text: prompt, logprobs: [-(weights?.length ?? 0)] };
  }

  async sleep(): Promise<void> {
    this.#asleep = true;
  }

  async wake(): Promise<void> {
    this.#asleep = false;
  }
}

export const scriptedModel = (options: ScriptedModelOptions): ScriptedModel => new ScriptedModel(options);

export const replyOf = (answer: ScriptedAnswer, { n = 1, prompt }: ModelCall): ModelReply => {
  const texts = textsOf(answer.text ?? "", n);
  return {
    texts,
    finish: texts.map(() => answer.finish ?? "stop"),
    ...(answer.scores === undefined ? {} : { scores: answer.scores }),
    promptTokens: answer.promptTokens ?? Math.ceil(prompt.length / 4),
    completionTokens: answer.completionTokens ?? Math.ceil(texts.join("").length / 4),
  };
};

/** Prompts as usual; nothing is known of what it would have replied. */
const spentOn = (call: ModelCall, error: unknown): Spent => new SpentTokens().of(call, error, 0);

const textsOf = (text: string | readonly string[], n: number): string[] =>
  Array.from({ length: n }, (_, index) =>
    typeof text === "string" ? text : (text[index % text.length] ?? ""),
  );

const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());

const aborted = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  return promise;
};
