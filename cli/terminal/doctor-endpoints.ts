/** Checks of the endpoints: health, the ids of the models, their capabilities, and loading of adapters. */
import { z } from "zod";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { addressAt, addressAtRoot } from "../../runtime/model/address.ts";
import { keepAliveFetch } from "../../runtime/model/http.ts";
import { shownEndpoint } from "../../runtime/model/model-error.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";
import type { Demands } from "./doctor-demands.ts";
import { completionSchema, type Post, probeModel } from "./doctor-probes.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_SECONDS = 5;
/** Some servers load a model at its first request, which takes long. */
const LONGEST_PROBE_SECONDS = 120;
const modelList = z.object({
  data: z.array(z.object({ id: z.string(), max_model_len: z.number().nullish() })),
});
type Served = z.infer<typeof modelList>["data"];

/** `declaredOnly`: capabilities that no model declares are not probed. */
export const diagnoseEndpoints = async (
  config: Config,
  env: Environment,
  declaredOnly = false,
): Promise<Check[]> => {
  const remote = config.models.filter((model) => model.endpoint !== "pocket");
  const groups = Map.groupBy(remote, (model) => model.endpoint);
  const checks = [...groups].map(([endpoint, models]) =>
    diagnoseEndpoint(endpoint, models, config, env, declaredOnly),
  );
  return (await Promise.all(checks)).flat();
};

const keyOf = ({ apiKeyEnv }: ModelConfig, env: Environment): string | undefined =>
  (apiKeyEnv && env[apiKeyEnv]) || undefined;

const diagnoseEndpoint = async (
  endpoint: string,
  models: readonly ModelConfig[],
  config: Config,
  env: Environment,
  declaredOnly: boolean,
): Promise<Check[]> => {
  const { lora, callTimeoutSeconds } = config;
  const key = models.map((model) => keyOf(model, env)).find(Boolean);
  const health = await checkHealth(endpoint, key);
  if (!health.ok) return [health];
  const sleeps = lora && models.some(({ sharesSlots }) => sharesSlots.length > 0);
  const { checkAdapters } = await import("./doctor-adapters.ts");
  const adapters = [
    ...(lora ? await checkAdapters(endpoint, models, (url, body) => ask(url, key, body)) : []),
    ...(sleeps ? [await checkSleep(endpoint, key)] : []),
  ];
  const { demandsOf } = await import("./doctor-demands.ts");
  const served = await listServed(endpoint, key);
  if (!Array.isArray(served)) return [health, served, ...adapters];
  const ids = models.map((model) => checkId(model, served));
  const seconds = Math.min(callTimeoutSeconds, LONGEST_PROBE_SECONDS);
  const there = models.filter((_, index) => ids[index]?.ok);
  const probed = await Promise.all(
    there.map((model) => {
      const post = postTo({ endpoint, key: keyOf(model, env), seconds });
      return probeModel(model, demandsOf(config, model), declaredOnly, post);
    }),
  );
  return [
    health,
    ...ids,
    ...models.flatMap((model) => checkContext(model, served, demandsOf(config, model))),
    ...probed.flat(),
    ...adapters,
  ];
};

/** A 404 counts as healthy: some servers have no `/health`. */
const checkHealth = async (endpoint: string, key: string | undefined): Promise<Check> => {
  const name = `endpoint ${shownEndpoint(endpoint)}`;
  try {
    const { status } = await ask(addressAtRoot(endpoint, "/health"), key);
    if (status < 500) return passed(name, "answers");
    return failed(
      name,
      `reports that it is unhealthy (HTTP ${status})`,
      "see the endpoint's own log and restart it",
    );
  } catch (error) {
    return failed(name, withoutKey(reasonOf(error), key), "start the endpoint or correct its URL");
  }
};

/** The models at the endpoint, or why they cannot be listed. */
const listServed = async (endpoint: string, key: string | undefined): Promise<Served | Check> => {
  const listName = `models at ${shownEndpoint(endpoint)}`;
  try {
    const response = await ask(addressAt(endpoint, "/models"), key);
    if (response.status !== 200) return refusal(listName, response.status);
    return modelList.parse(await response.json()).data;
  } catch {
    const fix = "check that the URL ends in /v1 and that the endpoint speaks OpenAI's API";
    return failed(listName, "it returned no list of models", fix);
  }
};

const refusal = (name: string, status: number): Check => {
  const fix =
    status === 401 || status === 403
      ? "put a valid key into the variable that apiKeyEnv names"
      : "check that the URL ends in /v1 and that the endpoint speaks OpenAI's API";
  return failed(name, `HTTP ${status}`, fix);
};

const checkId = ({ name, model }: ModelConfig, served: Served): Check => {
  const check = `model ${name}`;
  const ids = served.map(({ id }) => id);
  if (ids.includes(model)) return passed(check, `${model} is served`);
  return failed(
    check,
    `${model} is not served there; served: ${ids.slice(0, 10).join(", ") || "nothing"}`,
    `serve it, or set ${name}'s model to one of them`,
  );
};

/** Few servers report the length of their context. */
const checkContext = (
  { name, model, contextLength }: ModelConfig,
  served: Served,
  { reply }: Demands,
): Check[] => {
  const holds = served.find(({ id }) => id === model)?.max_model_len;
  if (typeof holds !== "number") return [];
  const check = `${name} contextLength`;
  if (reply >= holds) {
    const fix = `lower the maxTokens of ${name}, or serve more`;
    return [
      failed(check, `the endpoint holds ${holds} tokens, and a reply may take ${reply}: no prompt fits`, fix),
    ];
  }
  if (contextLength === undefined)
    return [
      passed(check, `the endpoint holds ${holds} tokens; contextLength: ${holds} would fit prompts to it`),
    ];
  if (contextLength <= holds) return [passed(check, `${contextLength} of the endpoint's ${holds} tokens`)];
  return [
    failed(
      check,
      `the endpoint holds ${holds} tokens`,
      `set contextLength: ${holds} for ${name}, or serve more`,
    ),
  ];
};

const postTo =
  ({ endpoint, key, seconds }: { endpoint: string; key: string | undefined; seconds: number }): Post =>
  async (body) => {
    try {
      const response = await ask(
        addressAt(endpoint, "/chat/completions"),
        key,
        JSON.stringify(body),
        seconds,
      );
      const text = await response.text();
      if (response.status === 200) return { ok: true, ...completionSchema.parse(JSON.parse(text)) };
      return { ok: false, problem: withoutKey(`HTTP ${response.status}: ${oneLine(text)}`, key) };
    } catch (error) {
      const problem = error instanceof z.ZodError ? "the answer is not a chat completion" : reasonOf(error);
      return { ok: false, problem: withoutKey(problem, key) };
    }
  };

/** An endpoint that shares a GPU with training must be able to free it. */
const checkSleep = async (endpoint: string, key: string | undefined): Promise<Check> => {
  const name = `sleep at ${shownEndpoint(endpoint)}`;
  const fix =
    "start vLLM with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1 (`agora up` does), or leave sharesSlots out";
  try {
    const { status } = await ask(addressAtRoot(endpoint, "/is_sleeping"), key);
    if (status === 200) return passed(name, "can sleep while its GPU trains");
    return failed(name, `cannot sleep while its GPU trains (HTTP ${status})`, fix);
  } catch (error) {
    return failed(name, withoutKey(reasonOf(error), key), fix);
  }
};

const ask = (
  url: string,
  key: string | undefined,
  body?: string,
  seconds = TIMEOUT_SECONDS,
): Promise<Response> => {
  return keepAliveFetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(seconds * 1000),
  });
};

/** The text of a server, safe for a terminal. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 300);

const withoutKey = (text: string, key: string | undefined): string =>
  key ? text.replaceAll(key, "[key]") : text;
