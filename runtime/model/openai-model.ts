/**
 * The model port over any OpenAI-compatible endpoint (vLLM, Ollama, llama.cpp, LM Studio, the pocket server, OpenAI).
 *
 * 1. The retries of the `openai` package are off: only `retry.ts` retries.
 * 2. A call holds a permit of the endpoint's limiter during a request, and not during back-off.
 * 3. The caller's signal reaches the HTTP request: aborting closes the connection.
 * 4. Every `complete` is metered exactly once, whether it succeeds, fails or is aborted; tokens that no answer reports
 *    are estimated.
 */
import type OpenAI from "openai";
import { allOrAbort } from "./abort.ts";
import type { AdapterServer, Errand } from "./adapters/adapter-server.ts";
import { type AdapterKind, adapterServerOf } from "./adapters/kinds.ts";
import { addressAtRoot } from "./address.ts";
import { runErrand } from "./errand.ts";
import { type KeepAliveFetch, keepAliveFetch } from "./http.ts";
import type { Limiter, Outcome } from "./limiter.ts";
import type { Model, ModelCall, ModelReply, Probe, Usage, UsageListener } from "./model.ts";
import { ModelError, mayPass } from "./model-error.ts";
import { type ErrorPlace, modelErrorOf } from "./openai-errors.ts";
import { probeBody, probeOf } from "./openai-probe.ts";
import { textBody, textReplyOf } from "./openai-text.ts";
import { type Dialect, joined, plainDialect, replyOf, requestBody } from "./openai-wire.ts";
import { defaultPolicy, type RetryClock, retry } from "./retry.ts";
import { type Spent, SpentTokens } from "./spent.ts";
import { cutAtStops } from "./stops.ts";

export interface OpenaiModelOptions {
  /** The agent's name. */
  readonly name: string;
  /** Model id at the endpoint. */
  readonly model: string;
  /** Base URL, including `/v1`. */
  readonly endpoint: string;
  readonly apiKey?: string | undefined;
  /** Default: supports `n`, no extra fields. */
  readonly dialect?: Dialect | undefined;
  /** How the server takes adapters. Default: as vLLM. */
  readonly adapters?: AdapterKind | undefined;
  /** The limiter shared by all models of the endpoint. */
  readonly limiter: Limiter;
  /** Time limit of one attempt [s]. */
  readonly timeoutSeconds: number;
  /** Maximum number of attempts. Default: 5. */
  readonly attempts?: number | undefined;
  readonly onUsage?: UsageListener | undefined;
  /** Default: over the network. */
  readonly fetch?: KeepAliveFetch | undefined;
  readonly clock?: RetryClock | undefined;
}

type Meter = { -readonly [Figure in keyof Omit<Usage, "model" | "role" | "outcome">]: Usage[Figure] };

/** Requests that were answered, and those that failed or were aborted. */
interface Meters {
  readonly answered: Meter;
  readonly failed: Meter;
}

const emptyMeter = (): Meter => ({ calls: 0, promptTokens: 0, completionTokens: 0, seconds: 0 });

/** Counts one request. */
const count = (
  meter: Meter,
  { promptTokens, cachedTokens, completionTokens }: Spent,
  seconds: number,
): void => {
  meter.calls += 1;
  meter.seconds += seconds;
  meter.promptTokens += promptTokens;
  meter.completionTokens += completionTokens;
  if (cachedTokens !== undefined) meter.cachedTokens = (meter.cachedTokens ?? 0) + cachedTokens;
};

const together = ({ answered, failed }: Meters): Meter => ({
  calls: answered.calls + failed.calls,
  promptTokens: answered.promptTokens + failed.promptTokens,
  ...(answered.cachedTokens === undefined ? {} : { cachedTokens: answered.cachedTokens }),
  completionTokens: answered.completionTokens + failed.completionTokens,
  seconds: answered.seconds + failed.seconds,
});

export const openaiModel = (options: OpenaiModelOptions): Model => {
  return new OpenaiModel(options);
};

class OpenaiModel implements Model {
  readonly name: string;
  readonly #options: OpenaiModelOptions;
  /** Made at the first call. */
  #client: Promise<OpenAI> | undefined;
  readonly #dialect: Dialect;
  readonly #adapters: AdapterServer;
  readonly #spent = new SpentTokens();

  constructor(options: OpenaiModelOptions) {
    this.name = options.name;
    this.#options = options;
    this.#dialect = options.dialect ?? plainDialect;
    const { adapters = "vllm", model: base } = options;
    this.#adapters = adapterServerOf(adapters, { base, send: (errand) => this.#send(errand) });
  }

  async complete(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const meters: Meters = { answered: emptyMeter(), failed: emptyMeter() };
    const report = (meter: Meter, outcome: Usage["outcome"]): void =>
      this.#options.onUsage?.({ model: this.name, role: call.role, ...meter, outcome });
    try {
      const reply = await this.#complete(call, signal, meters);
      report(meters.answered, "done");
      if (meters.failed.calls > 0) report(meters.failed, "failed");
      return reply;
    } catch (error) {
      report(together(meters), signal.aborted ? "aborted" : "failed");
      throw error;
    }
  }

  /** Requests one by one the choices that the endpoint does not return in one call. */
  async #complete(call: ModelCall, signal: AbortSignal, meters: Meters): Promise<ModelReply> {
    const wanted = call.n ?? 1;
    const { choices } = this.#dialect;
    const first = choices || wanted === 1 ? [await this.#request(call, signal, meters)] : [];
    const drawn = first.reduce((sum, { texts }) => sum + texts.length, 0);
    const single = (index: number): ModelCall => ({
      ...call,
      n: 1,
      seed: call.seed === undefined ? undefined : call.seed + drawn + index,
    });
    const rest = Array.from(
      { length: Math.max(0, wanted - drawn) },
      (_, index) => (linked: AbortSignal) => this.#request(single(index), linked, meters),
    );
    return joined([...first, ...(await allOrAbort(rest, signal))], wanted);
  }

  #connected(): Promise<OpenAI> {
    this.#client ??= clientOf(this.#options);
    return this.#client;
  }

  #request(call: ModelCall, signal: AbortSignal, { answered, failed }: Meters): Promise<ModelReply> {
    return this.#retried(signal, async () => {
      const release = await this.#options.limiter.acquire(signal, call.urgency);
      const startedAt = performance.now();
      let outcome: Outcome = { kind: "other" };
      try {
        signal.throwIfAborted();
        const reply = await this.#post(call, signal).catch((error: unknown) => {
          const seconds = secondsSince(startedAt);
          count(failed, this.#spent.of(call, error, seconds), seconds);
          throw error;
        });
        count(answered, reply, secondsSince(startedAt));
        this.#spent.learn(call, reply, secondsSince(startedAt));
        outcome = this.#doneIn(secondsSince(startedAt), call, reply);
        return reply;
      } catch (error) {
        if (error instanceof ModelError && error.code === "model.busy") outcome = { kind: "busy" };
        throw error;
      } finally {
        release(outcome);
      }
    });
  }

  #doneIn(seconds: number, { role }: ModelCall, { completionTokens, texts }: ModelReply): Outcome {
    const tokens = completionTokens / texts.length;
    return { kind: "done", series: `${this.name}:${role}`, seconds, tokens };
  }

  async #post(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const { form = "chat", adapter } = call;
    const served = { ...call, adapter: adapter && this.#adapters.modelOf(adapter) };
    const reply = await this.#guarded(adapter ?? this.#options.model, signal, (linked) =>
      form === "chat" ? this.#chat(served, linked) : this.#continue(served, linked),
    );
    return this.#withoutKey(cutAtStops(reply, call.stop ?? []));
  }

  async #chat(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const body = requestBody(call, this.#options.model, this.#dialect);
    const { chat } = await this.#connected();
    return replyOf(await chat.completions.create(body, { signal }), call);
  }

  async #continue(call: ModelCall, signal: AbortSignal): Promise<ModelReply> {
    const body = textBody(call, this.#options.model, this.#dialect);
    const { completions } = await this.#connected();
    return textReplyOf(await completions.create(body, { signal }), call);
  }

  /** Replies are journaled, so a key that the server puts into a reply is removed. */
  #withoutKey(reply: ModelReply): ModelReply {
    const { apiKey } = this.#options;
    if (!apiKey) return reply;
    return { ...reply, texts: reply.texts.map((text) => text.replaceAll(apiKey, "[key]")) };
  }

  loadAdapter(name: string, folder: string): Promise<void> {
    return this.#adapters.load(name, folder);
  }

  unloadAdapter(name: string): Promise<void> {
    return this.#adapters.unload(name);
  }

  /** Servers without log-probabilities refuse the request or leave them out. */
  async probe(prompt: string, adapter: string | undefined): Promise<Probe> {
    const served = adapter === undefined ? this.#options.model : this.#adapters.modelOf(adapter);
    const ask = (logprobs: boolean) =>
      this.#steadily(served, async (signal) => {
        const body = { ...probeBody(prompt, served, logprobs), ...this.#dialect.extra };
        const { chat } = await this.#connected();
        return probeOf(await chat.completions.create(body, { signal }));
      });
    return ask(true).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === "model.refused") return ask(false);
      throw error;
    });
  }

  /** vLLM's sleep level 1: weights move to the host's memory and the KV cache is discarded. */
  async sleep(): Promise<void> {
    await this.#toServer("/sleep?level=1");
  }

  async wake(): Promise<void> {
    await this.#toServer("/wake_up");
  }

  /** vLLM's administrative endpoints are at the root, not under /v1. */
  async #toServer(path: string): Promise<void> {
    const { endpoint, model } = this.#options;
    const url = addressAtRoot(endpoint, path);
    try {
      await this.#steadily(model, async (signal) => (await this.#connected()).post(url, { signal }));
    } catch (error) {
      if (!(error instanceof ModelError && error.code === "model.missing")) throw error;
      throw new ModelError("model.sleepless", {
        endpoint,
        model,
        problem: `it has no endpoint ${path}`,
        status: 404,
      });
    }
  }

  /** An administrative request: without permit and meter, but with retries. */
  #steadily<Result>(served: string, send: (signal: AbortSignal) => PromiseLike<Result>): Promise<Result> {
    const { signal } = new AbortController();
    return this.#retried(signal, () => this.#guarded(served, signal, send));
  }

  async #send(errand: Errand): Promise<string> {
    const { model, fetch = keepAliveFetch } = this.#options;
    const { signal } = new AbortController();
    return this.#retried(signal, (index) =>
      runErrand(errand, this.#place(model), fetch).catch((error: unknown) => {
        if (index > 0 && error instanceof ModelError && errand.achieved?.(error)) return "";
        throw error;
      }),
    );
  }

  #retried<Result>(signal: AbortSignal, attempt: (index: number) => Promise<Result>): Promise<Result> {
    const { attempts = defaultPolicy.attempts, clock } = this.#options;
    const advise = (error: unknown) =>
      error instanceof ModelError && mayPass(error)
        ? { retryAfterSeconds: error.retryAfterSeconds }
        : undefined;
    return retry(attempt, { policy: { ...defaultPolicy, attempts }, signal, advise, clock });
  }

  /** Links the caller's signal to one request and removes the link afterwards, so that listeners do not accumulate. */
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

/**
 * Ignores OPENAI_* variables: a key for one endpoint must not be sent to another. The package has 236 modules, a third of
 * what a command would load: it is loaded for the first call.
 */
const clientOf = async ({
  endpoint,
  apiKey,
  timeoutSeconds,
  fetch = keepAliveFetch,
}: OpenaiModelOptions): Promise<OpenAI> => {
  const { default: OpenAI } = await import("openai");
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
};

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
