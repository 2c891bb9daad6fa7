/** A local OpenAI-compatible server that answers as scripted, for tests of the client. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { PROBE_TOKENS } from "./openai-probe.ts";
import { replyOf, type ScriptedAnswer, type ScriptedReply } from "./scripted.ts";

/** Behaviour of an HTTP server beyond a scripted reply. */
export interface FixtureAnswer extends ScriptedAnswer {
  /** Headers of a failure, such as Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A complete response body, sent as JSON with status 200 without checks. */
  readonly body?: string;
  /** Ignores `n` and returns one choice, like some servers. */
  readonly ignoresN?: boolean;
  /** Closes the connection without an answer. */
  readonly hangUp?: boolean;
  /** Sends the head and half of the body, then closes the connection. */
  readonly breaksOff?: boolean;
  /** The thinking that the server separates from the text. */
  readonly reasoning?: string;
  /** Returns log-probabilities if the request asks for them. */
  readonly logprobs?: boolean;
  /** Prompt tokens that the server did not have to compute. */
  readonly cachedTokens?: number;
}

export type FixtureReply = ScriptedReply | FixtureAnswer;
/** Replies in order, or a function that answers every request. */
export type FixtureReplies = readonly FixtureReply[] | ((request: FixtureRequest) => FixtureReply);

export interface FixtureRequest {
  readonly model: string;
  readonly n?: number;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed?: number;
  readonly [field: string]: unknown;
}

export interface ModelFixture {
  /** Includes `/v1`. */
  readonly endpoint: string;
  readonly requests: readonly FixtureRequest[];
  readonly authorisations: readonly (string | undefined)[];
  /** Number of hanging requests that the client aborted. */
  aborts(): number;
  adapters(): readonly string[];
  /** Administrative requests, such as `sleep`, and calls that arrived during sleep, in order. */
  readonly errands: readonly string[];
  asleep(): boolean;
  /** Number of connections that clients opened. */
  connections(): number;
  stop(): Promise<void>;
}

/** When a server answers, and at what cost. */
export interface FixturePace {
  /** Resolves with the answer once it is due; rejects with the signal's reason. */
  serve(request: FixtureRequest, answer: FixtureAnswer, signal: AbortSignal): Promise<FixtureAnswer>;
  /** Resolves once an adapter is loaded. */
  load(): Promise<void>;
}

export interface FixtureOptions {
  readonly model?: string;
  /** Default: it answers at once, as scripted. */
  readonly pace?: FixturePace;
  /** Loads the first adapter, but closes the connection before it answers. */
  readonly losesFirstLoad?: boolean;
  /** False: the server cannot load adapters at run time. */
  readonly adaptable?: boolean;
  /** Accepts adapters but does not apply them. */
  readonly ignoresAdapters?: boolean;
  /** After waking, loaded adapters are not applied. */
  readonly forgetsAsleep?: boolean;
  /** False: the server has no sleep mode. */
  readonly sleepy?: boolean;
  /** Default: a free port. */
  readonly port?: number;
  /** Context length, as vLLM reports it in its list of models. */
  readonly contextLength?: number;
}

/** Log-probability of each token of a probe; it depends on the adapter's name. */
const logprobOf = (weights: string | undefined): number => -1 - (weights?.length ?? 0) / 100;

export const startModelFixture = async (
  replies: FixtureReplies,
  options: FixtureOptions = {},
): Promise<ModelFixture> => {
  const { model = "scripted", losesFirstLoad = false, adaptable = true, sleepy = true } = options;
  const { port: wanted = 0, contextLength } = options;
  const requests: FixtureRequest[] = [];
  const errands: string[] = [];
  const forgotten = new Set<string>();
  let asleep = false;
  const authorisations: (string | undefined)[] = [];
  const adapters = new Set<string>();
  let aborts = 0;

  const answerChat = async (context: Context): Promise<Response> => {
    const body: FixtureRequest = await context.req.json();
    if (asleep) {
      errands.push("call while asleep");
      return failure(context, 400, "asleep");
    }
    if (body.logprobs === true && body.max_tokens === PROBE_TOKENS) return answerProbe(context, body);
    const index = requests.push(body) - 1;
    const reply = typeof replies === "function" ? replies(body) : replies[index];
    authorisations.push(context.req.header("authorization"));
    if (body.model !== model && !adapters.has(body.model)) return failure(context, 404);
    if (reply === undefined) return failure(context, 400, "the fixture has no reply left");
    const answer: FixtureAnswer = typeof reply === "string" ? { text: reply } : reply;
    if (answer.hang) {
      await once(context.req.raw.signal, "abort");
      aborts++;
    }
    return options.pace ? servePaced(context, answer, body, options.pace) : respond(context, answer, body);
  };

  const servePaced = async (
    context: Context,
    answer: FixtureAnswer,
    body: FixtureRequest,
    pace: FixturePace,
  ): Promise<Response> => {
    const { signal } = context.req.raw;
    try {
      return respond(context, await pace.serve(body, answer, signal), body);
    } catch (error) {
      if (!signal.aborted) throw error;
      aborts++;
      return failure(context, 499, "aborted");
    }
  };

  const answerProbe = (context: Context, { model: asked }: FixtureRequest): Response => {
    if (asked !== model && !adapters.has(asked)) return failure(context, 404);
    const isIgnored = asked === model || options.ignoresAdapters || forgotten.has(asked);
    const logprob = logprobOf(isIgnored ? undefined : asked);
    const choice = { index: 0, message: { role: "assistant", content: "so" }, finish_reason: "length" };
    return context.json({ choices: [{ ...choice, logprobs: { content: [{ token: "so", logprob }] } }] });
  };

  const app = new Hono();
  if (sleepy) {
    app.post("/sleep", (context) => {
      errands.push(`sleep at level ${context.req.query("level")}`);
      asleep = true;
      if (options.forgetsAsleep) for (const adapter of adapters) forgotten.add(adapter);
      return context.body(null, 200);
    });
    app.get("/is_sleeping", (context) => context.json({ is_sleeping: asleep }));
    app.post("/wake_up", (context) => {
      errands.push("wake up");
      asleep = false;
      return context.body(null, 200);
    });
  }
  app.get("/health", (context) => context.text("ok"));
  app.get("/v1/models", (context) =>
    context.json({
      object: "list",
      data: [{ id: model, object: "model", ...(contextLength ? { max_model_len: contextLength } : {}) }],
    }),
  );
  app.post("/v1/chat/completions", answerChat);
  if (!adaptable) app.post("/v1/load_lora_adapter", (context) => failure(context, 404));
  app.post("/v1/load_lora_adapter", async (context) => {
    const { lora_name } = await context.req.json();
    if (asleep) errands.push("adapter loaded while asleep");
    if (typeof lora_name !== "string") return failure(context, 400, "lora_name is missing");
    if (adapters.has(lora_name)) return failure(context, 400, `${lora_name} has already been loaded`);
    adapters.add(lora_name);
    await options.pace?.load();
    if (losesFirstLoad && adapters.size === 1) await hangUp(context);
    return context.text("Success: adapter added");
  });
  app.post("/v1/unload_lora_adapter", async (context) => {
    const { lora_name } = await context.req.json();
    if (asleep) errands.push("adapter unloaded while asleep");
    return adapters.delete(lora_name) ? context.text("Success: adapter removed") : failure(context, 404);
  });

  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: wanted });
  let connections = 0;
  server.on("connection", () => connections++);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    requests,
    errands,
    authorisations,
    asleep: () => asleep,
    aborts: () => aborts,
    adapters: () => [...adapters],
    connections: () => connections,
    async stop() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

const hangUp = async (context: Context): Promise<void> => {
  const gone = once(context.req.raw.signal, "abort");
  context.env.incoming.socket.destroy();
  await gone;
};

const respond = async (context: Context, answer: FixtureAnswer, body: FixtureRequest): Promise<Response> => {
  if (answer.hangUp) await hangUp(context);
  if (answer.delaySeconds) await sleep(answer.delaySeconds * 1000);
  for (const [name, value] of Object.entries(answer.headers ?? {})) context.header(name, value);
  if (answer.fail !== undefined) return failure(context, answer.fail);
  if (answer.body !== undefined)
    return context.body(answer.body, 200, { "content-type": "application/json" });
  const completion = JSON.stringify(completionOf(answer, body));
  if (answer.breaksOff) return breakOff(context, completion);
  return context.body(completion, 200, { "content-type": "application/json" });
};

const breakOff = async (context: Context, body: string): Promise<Response> => {
  const { outgoing } = context.env;
  outgoing.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  outgoing.write(body.slice(0, body.length / 2));
  await sleep(5);
  context.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
};

const failure = (context: Context, status: number, message = `failed with ${status}`): Response => {
  return context.body(JSON.stringify({ error: { message } }), status as 500, {
    "content-type": "application/json",
  });
};

const completionOf = (answer: FixtureAnswer, { messages, n = 1, model, logprobs }: FixtureRequest) => {
  const prompt = messages.map(({ content }) => content).join("\n");
  const call = { role: "", prompt, temperature: 0, topP: 1, maxTokens: 1 };
  const reply = replyOf(answer, { ...call, n: answer.ignoresN ? 1 : n });
  const reasoning = answer.reasoning === undefined ? {} : { reasoning_content: answer.reasoning };
  const likely = { content: [{ token: "a", logprob: -0.5, top_logprobs: [] }] };
  return {
    id: "fixture",
    object: "chat.completion",
    model,
    choices: reply.texts.map((content, index) => ({
      index,
      message: { role: "assistant", content, ...reasoning },
      finish_reason: reply.finish[index],
      ...(answer.logprobs && logprobs ? { logprobs: likely } : {}),
    })),
    usage: {
      prompt_tokens: reply.promptTokens,
      completion_tokens: reply.completionTokens,
      ...(answer.cachedTokens === undefined
        ? {}
        : { prompt_tokens_details: { cached_tokens: answer.cachedTokens } }),
    },
  };
};
