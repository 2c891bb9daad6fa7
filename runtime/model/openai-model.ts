/**
 * The model port over any OpenAI-compatible endpoint (vLLM, Ollama, llama.cpp, LM Studio, the pocket server, OpenAI).
 *
 * 1. The `openai` package's own retries are off: `retry.ts` alone tries again.
 * 2. A permit of the endpoint's limiter is held while a request is under way, never while backing off.
 * 3. The caller's signal reaches the HTTP request: aborting closes the connection.
 * 4. Every `complete` is metered exactly once, whatever became of it.
 */
import OpenAI from "openai";
import { allOrAbort } from "./abort.ts";
import { type KeepAliveFetch, keepAliveFetch } from "./http.ts";
import type { Limiter, Outcome } from "./limiter.ts";
import type { Model, ModelCall, ModelReply, Probe, UsageListener } from "./model.ts";
import { ModelError, mayPass } from "./model-error.ts";
import { type ErrorPlace, modelErrorOf } from "./openai-errors.ts";
import { probeBody, probeOf } from "./openai-probe.ts";
import { type Dialect, joined, plainDialect, replyOf, requestBody } from "./openai-wire.ts";
import { defaultPolicy, type RetryClock, retry } from "./retry.ts";
import { cutAtStops } from "./stops.ts";

export interface OpenaiModelOptions {
  /** The agent's name. */
  readonly name: string;
  /** Model id at the endpoint. */
  readonly model: string;
  /** Base URL with its `/v1`. */
  readonly endpoint: string;
  readonly apiKey?: string | undefined;
  /** Default: it knows `n` and wants no further fields. */
  readonly dialect?: Dialect | undefined;
  /** The endpoint's limiter: one for all models behind it. */
  readonly limiter: Limiter;
  /** Bound of one try [s]. */
  readonly timeoutSeconds: number;
  /** Tries in all. Default: 5. */
  readonly attempts?: number | undefined;
  readonly onUsage?: UsageListener | undefined;
  /** Default: over the network. */
  readonly fetch?: KeepAliveFetch | undefined;
  readonly clock?: RetryClock | undefined;
}

interface Meter {
  calls: number;
  promptTokens: number;
  completionTokens: number;
  seconds: number;
}

export function openaiModel(options: OpenaiModelOptions): Model {
  return new OpenaiModel(options);
}

class OpenaiModel implements Model {
  readonly name: string;
  readonly #options: OpenaiModelOptions;
  readonly #client: OpenAI;
  readonly #dialect: Dialect;

  constructor(options: OpenaiModelOptions) {
    this.name = options.name;
    this.#options = options;
    this.#dialect = options.dialect ?? plainDialect;
    this.#client = clientOf(options);
  }

  async complete(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const meter: Meter = { calls: 0, promptTokens: 0, completionTokens: 0, seconds: 0 };
    let outcome: "done" | "failed" = "failed";
    try {
      const reply = await this.#sample(call, signal, meter);
      outcome = "done";
      return reply;
    } finally {
      const ended = outcome === "failed" && signal.aborted ? "aborted" : outcome;
      this.#options.onUsage?.({ model: this.name, role: call.role, ...meter, outcome: ended });
    }
  }

  /** Samples that an endpoint does not draw in one call are asked for one by one. */
  async #sample(call: ModelCall, signal: AbortSignal, meter: Meter): Promise<ModelReply> {
    const wanted = call.n ?? 1;
    const { samples } = this.#dialect;
    const together = samples || wanted === 1 ? [await this.#request(call, signal, meter)] : [];
    const drawn = together.reduce((sum, { texts }) => sum + texts.length, 0);
    const single = (index: number): ModelCall => ({
      ...call,
      n: 1,
      seed: call.seed === undefined ? undefined : call.seed + drawn + index,
    });
    const rest = Array.from(
      { length: Math.max(0, wanted - drawn) },
      (_, index) => (linked: AbortSignal) => this.#request(single(index), linked, meter),
    );
    return joined([...together, ...(await allOrAbort(rest, signal))], wanted);
  }

  #request(call: ModelCall, signal: AbortSignal, meter: Meter): Promise<ModelReply> {
    return this.#retried(signal, async () => {
      const release = await this.#options.limiter.acquire(signal);
      const startedAt = performance.now();
      let outcome: Outcome = { kind: "other" };
      try {
        meter.calls++;
        const reply = await this.#post(call, signal);
        meter.promptTokens += reply.promptTokens;
        meter.completionTokens += reply.completionTokens;
        outcome = this.#doneIn(secondsSince(startedAt), call, reply);
        return reply;
      } catch (error) {
        if (error instanceof ModelError && error.code === "model.busy") outcome = { kind: "busy" };
        throw error;
      } finally {
        meter.seconds += secondsSince(startedAt);
        release(outcome);
      }
    });
  }

  #doneIn(seconds: number, { role }: ModelCall, { completionTokens, texts }: ModelReply): Outcome {
    const tokens = completionTokens / texts.length;
    return { kind: "done", series: `${this.name}:${role}`, seconds, tokens };
  }

  async #post(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const body = requestBody(call, this.#options.model, this.#dialect);
    const reply = await this.#guarded(body.model, signal, async (linked) =>
      replyOf(await this.#client.chat.completions.create(body, { signal: linked }), call),
    );
    return this.#withoutKey(cutAtStops(reply, call.stop ?? []));
  }

  /** What a model says is written down: a server that shows it the key must not get it into a journal. */
  #withoutKey(reply: ModelReply): ModelReply {
    const { apiKey } = this.#options;
    if (!apiKey) return reply;
    return { ...reply, texts: reply.texts.map((text) => text.replaceAll(apiKey, "[key]")) };
  }

  async loadAdapter(name: string, folder: string): Promise<void> {
    const body = { lora_name: name, lora_path: folder, base_model_name: this.#options.model };
    await this.#administer("/load_lora_adapter", body, name, (error) => /already/i.test(error.message));
  }

  async unloadAdapter(name: string): Promise<void> {
    const body = { lora_name: name };
    await this.#administer("/unload_lora_adapter", body, name, (error) => error.status === 404);
  }

  /** Servers that give no log-probabilities refuse to be asked for them, or say nothing of them. */
  async probe(prompt: string, adapter: string | undefined): Promise<Probe> {
    const served = adapter ?? this.#options.model;
    const ask = (logprobs: boolean) =>
      this.#steadily(served, async (signal) => {
        const body = { ...probeBody(prompt, served, logprobs), ...this.#dialect.extra };
        return probeOf(await this.#client.chat.completions.create(body, { signal }));
      });
    return ask(true).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === "model.refused") return ask(false);
      throw error;
    });
  }

  /** vLLM's level 1: the weights go to the machine's memory, the cache is forgotten. */
  async sleep(): Promise<void> {
    await this.#toServer("/sleep?level=1");
  }

  async wake(): Promise<void> {
    await this.#toServer("/wake_up");
  }

  /** vLLM's endpoints for the whole server lie beside its /v1. */
  async #toServer(path: string): Promise<void> {
    const { endpoint, model } = this.#options;
    const url = `${endpoint.replace(/\/v1\/?$/, "")}${path}`;
    try {
      await this.#steadily(model, (signal) => this.#client.post(url, { signal }));
    } catch (error) {
      if (!(error instanceof ModelError && error.code === "model.missing")) throw error;
      throw new ModelError("model.sleepless", {
        endpoint,
        model,
        problem: `it knows no ${path}`,
        status: 404,
      });
    }
  }

  /** Not a call of the society's: without permit and meter, but tried again like one. */
  #steadily<Result>(served: string, send: (signal: AbortSignal) => PromiseLike<Result>): Promise<Result> {
    const { signal } = new AbortController();
    return this.#retried(signal, () => this.#guarded(served, signal, send));
  }

  /** `achieved` tells, on a repeated try, that the lost try before it did its work. */
  async #administer(
    path: string,
    body: object,
    adapter: string,
    achieved: (error: ModelError) => boolean,
  ): Promise<void> {
    const { signal } = new AbortController();
    await this.#retried(signal, async (index) => {
      const posted = this.#guarded(adapter, signal, (linked) =>
        this.#client.post(path, { body, signal: linked }),
      );
      await posted.catch((error: unknown) => {
        if (index > 0 && error instanceof ModelError && achieved(error)) return;
        throw error;
      });
    });
  }

  #retried<Result>(signal: AbortSignal, attempt: (index: number) => Promise<Result>): Promise<Result> {
    const { attempts = defaultPolicy.attempts, clock } = this.#options;
    const advise = (error: unknown) =>
      error instanceof ModelError && mayPass(error)
        ? { retryAfterSeconds: error.retryAfterSeconds }
        : undefined;
    return retry(attempt, { policy: { ...defaultPolicy, attempts }, signal, advise, clock });
  }

  /** Links the caller's signal to one request only, so that a long-lived signal collects no listeners. */
  async #guarded<Result>(
    served: string,
    signal: AbortSignal,
    send: (linked: AbortSignal) => PromiseLike<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const forward = () => controller.abort(signal.reason);
    signal.addEventListener("abort", forward, { once: true });
    try {
      signal.throwIfAborted();
      return await send(controller.signal);
    } catch (error) {
      signal.throwIfAborted();
      throw modelErrorOf(error, this.#place(served));
    } finally {
      signal.removeEventListener("abort", forward);
    }
  }

  #place(served: string): ErrorPlace {
    const { endpoint, apiKey, timeoutSeconds } = this.#options;
    return { endpoint, model: served, apiKey, timeoutSeconds };
  }
}

/** Nothing is taken from OPENAI_* variables: a key meant for one endpoint must not reach another. */
function clientOf({ endpoint, apiKey, timeoutSeconds, fetch = keepAliveFetch }: OpenaiModelOptions): OpenAI {
  return new OpenAI({
    baseURL: endpoint,
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    defaultHeaders: apiKey === undefined ? { authorization: null } : {},
    maxRetries: 0,
    timeout: timeoutSeconds * 1000,
    fetch,
    logLevel: "off",
  });
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
