/** Checks of the endpoints: health, the models' ids, and whether adapters can be loaded at run time. */
import { z } from "zod";
import type { Config, ModelConfig } from "../config/config.ts";
import { keepAliveFetch } from "../model/http.ts";
import { shownEndpoint } from "../model/model-error.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MILLISECONDS = 5000;
const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

export async function diagnoseEndpoints(config: Config, env: Environment): Promise<Check[]> {
  const remote = config.models.filter((model) => model.endpoint !== "pocket");
  const groups = Map.groupBy(remote, (model) => model.endpoint);
  const checks = [...groups].map(([endpoint, models]) =>
    diagnoseEndpoint(endpoint, models, config.lora, env),
  );
  return (await Promise.all(checks)).flat();
}

async function diagnoseEndpoint(
  endpoint: string,
  models: readonly ModelConfig[],
  needsAdapters: boolean,
  env: Environment,
): Promise<Check[]> {
  const key = models.map(({ apiKeyEnv }) => apiKeyEnv && env[apiKeyEnv]).find(Boolean);
  const health = await checkHealth(endpoint, key);
  if (!health.ok) return [health];
  const ids = await checkIds(endpoint, models, key);
  return needsAdapters ? [health, ...ids, await checkAdapters(endpoint, key)] : [health, ...ids];
}

/** Servers without `/health` answer 404, which is an answer too. */
async function checkHealth(endpoint: string, key: string | undefined): Promise<Check> {
  const name = `endpoint ${shownEndpoint(endpoint)}`;
  try {
    const { status } = await ask(`${rootOf(endpoint)}/health`, key);
    if (status < 500) return passed(name, "answers");
    return failed(
      name,
      `says it is not well (HTTP ${status})`,
      "see the endpoint's own log and start it anew",
    );
  } catch (error) {
    return failed(name, withoutKey(reasonOf(error), key), "start the endpoint or correct its URL");
  }
}

async function checkIds(
  endpoint: string,
  models: readonly ModelConfig[],
  key: string | undefined,
): Promise<Check[]> {
  const listName = `models at ${shownEndpoint(endpoint)}`;
  try {
    const response = await ask(`${baseOf(endpoint)}/models`, key);
    if (response.status !== 200) return [refusal(listName, response.status)];
    const ids = modelList.parse(await response.json()).data.map(({ id }) => id);
    return models.map(({ name, model }) => checkId(name, model, ids));
  } catch {
    const fix = "check that the URL ends in /v1 and that the endpoint speaks OpenAI's API";
    return [failed(listName, "no list of models came back", fix)];
  }
}

function refusal(name: string, status: number): Check {
  const fix =
    status === 401 || status === 403
      ? "put a valid key into the variable that apiKeyEnv names"
      : "check that the URL ends in /v1 and that the endpoint speaks OpenAI's API";
  return failed(name, `HTTP ${status}`, fix);
}

function checkId(name: string, model: string, ids: readonly string[]): Check {
  const check = `model ${name}`;
  if (ids.includes(model)) return passed(check, `${model} is served`);
  const served = ids.slice(0, 10).join(", ") || "nothing";
  return failed(
    check,
    `${model} is not served there, but ${served}`,
    `serve it, or set ${name}'s model to one of them`,
  );
}

/** An empty request loads nothing: a server that knows the path finds fault with it, others do not know the path. */
async function checkAdapters(endpoint: string, key: string | undefined): Promise<Check> {
  const name = `adapters at ${shownEndpoint(endpoint)}`;
  const fix = "start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, or set lora: false";
  try {
    const { status } = await ask(`${baseOf(endpoint)}/load_lora_adapter`, key, "{}");
    if (status === 400 || status === 422) return passed(name, "can be loaded at run time");
    return failed(name, `cannot be loaded at run time (HTTP ${status})`, fix);
  } catch (error) {
    return failed(name, withoutKey(reasonOf(error), key), fix);
  }
}

function ask(url: string, key: string | undefined, body?: string): Promise<Response> {
  return keepAliveFetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
}

const baseOf = (endpoint: string): string => endpoint.replace(/\/$/, "");
const rootOf = (endpoint: string): string => baseOf(endpoint).replace(/\/v1$/, "");
const withoutKey = (text: string, key: string | undefined): string =>
  key ? text.replaceAll(key, "[key]") : text;
