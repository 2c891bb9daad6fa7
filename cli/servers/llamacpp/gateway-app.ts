/**
 * The routes of the gateway: vLLM's endpoints for adapters, and everything else as llama.cpp's server has it. A request
 * names an adapter as its model. Answers are passed on when they are complete.
 */
import { resolve } from "node:path";
import { type Context, Hono } from "hono";
import { limitBody, readBody } from "../../../pocket/server/body.ts";
import { type RequestError, toRequestError } from "../../../pocket/server/errors.ts";
import { guard, requireWithin } from "../../../pocket/server/guard.ts";
import { loadAdapterRequest, unloadAdapterRequest } from "../../../pocket/server/requests.ts";
import type { LlamaGateway, Places } from "./gateway.ts";

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface GatewayAppOptions {
  /** Key that clients have to send; llama.cpp's server asks for the same. */
  readonly apiKey: string | undefined;
  /** Adapters are loaded from within these folders only. */
  readonly adapterFolders: readonly string[];
}

/** The fields of a call; undefined if it is no JSON object, of which the server says what is wrong. */
const fieldsOf = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

/** Headers that llama.cpp's server reads. */
const headersOf = ({ req }: Context): Record<string, string> =>
  Object.fromEntries(
    ["authorization", "content-type", "accept"].flatMap((name) => {
      const value = req.header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Without the headers of the connection, which ends here. */
const answerOf = (response: Response): Response => {
  const kept = ["content-type", "retry-after"].flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  return new Response(response.body, { status: response.status, headers: kept });
};

/** A request without a model is for the base, as to the server itself. */
const pass = async (context: Context, gateway: LlamaGateway): Promise<Response> => {
  const { method, raw, url } = context.req;
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  const common = { method, headers: headersOf(context), signal: raw.signal };
  if (method === "GET" || method === "HEAD")
    return answerOf(await gateway.call({ model: undefined, path, init: () => common }));
  const text = await context.req.text();
  const fields = fieldsOf(text);
  const model = typeof fields?.model === "string" ? fields.model : undefined;
  const base = model === undefined ? {} : { model: gateway.model };
  const bodyOf = (lora: Places): string =>
    fields === undefined || lora.length === 0 ? text : JSON.stringify({ ...fields, ...base, lora });
  const init = (places: Places) => ({ ...common, body: bodyOf(places) });
  return answerOf(await gateway.call({ model, path, init }));
};

const load = async (
  context: Context,
  gateway: LlamaGateway,
  folders: readonly string[],
): Promise<Response> => {
  const { lora_name: name, lora_path: path } = await readBody(context, loadAdapterRequest);
  const folder = resolve(path);
  await requireWithin(folders, folder);
  await gateway.load(name, folder);
  return context.text(`Success: LoRA adapter '${name}' added successfully.`);
};

const unload = async (context: Context, gateway: LlamaGateway): Promise<Response> => {
  const { lora_name: name } = await readBody(context, unloadAdapterRequest);
  gateway.unload(name);
  return context.text(`Success: LoRA adapter '${name}' removed successfully.`);
};

interface ModelList {
  readonly data?: readonly { readonly id: string }[];
}

/** The server's list, and its adapters beside the base. */
const list = async (context: Context, gateway: LlamaGateway): Promise<Response> => {
  const response = await pass(context, gateway);
  if (!response.ok) return response;
  const served = (await response.json()) as ModelList;
  const adapters = gateway.names.map((id) => ({
    id,
    object: "model",
    owned_by: "llamacpp",
    parent: gateway.model,
  }));
  return context.json({ ...served, data: [...(served.data ?? []), ...adapters] });
};

const refuse = (error: RequestError): Response => Response.json(error.body(), { status: error.status });

export const gatewayApp = (gateway: LlamaGateway, options: GatewayAppOptions): Hono => {
  const { apiKey, adapterFolders } = options;
  const app = new Hono();
  // A server that starts with other adapters is not ill: the gateway ends where it does not come back.
  app.get("/health", (context) => context.json({ status: "ok" }));
  app.use(guard(apiKey));
  app.use(limitBody(MAX_BODY_BYTES));
  app.get("/v1/models", (context) => list(context, gateway));
  app.post("/v1/load_lora_adapter", (context) => load(context, gateway, adapterFolders));
  app.post("/v1/unload_lora_adapter", (context) => unload(context, gateway));
  app.all("*", (context) => pass(context, gateway));
  app.onError((error) => refuse(toRequestError(error)));
  return app;
};
