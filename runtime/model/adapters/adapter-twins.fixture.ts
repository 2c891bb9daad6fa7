/**
 * Twins of model servers, as far as adapters go: each behaves as the documentation of its server says. Replies name the
 * weights that gave them: `base`, or the adapter's name at the server.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { AdapterKind } from "./kinds.ts";

export interface Twin {
  /** Includes `/v1`. */
  readonly endpoint: string;
  /** Names at the server. */
  adapters(): readonly string[];
  /** Paths of the administrative requests, in order. */
  readonly errands: readonly string[];
  /** The next administrative request is done, but its connection is closed before the answer. */
  loseNext(): void;
  stop(): Promise<void>;
}

export const BASE = "base-model";

interface State {
  readonly adapters: Set<string>;
  readonly blobs: Set<string>;
  readonly errands: string[];
  losing: boolean;
}

const json = (context: Context, body: object, status = 200): Response => context.json(body, status as 200);

const answer = (context: Context, weights: string): Response =>
  json(context, {
    choices: [{ message: { role: "assistant", content: weights }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  });

/** https://docs.vllm.ai/en/latest/features/lora/ */
const vllm = (app: Hono, { adapters }: State): void => {
  app.post("/v1/load_lora_adapter", async (context) => {
    const { lora_name, lora_path } = await context.req.json();
    if (!lora_name || !lora_path) return json(context, { error: { message: "Both are required" } }, 400);
    if (adapters.has(lora_name)) {
      const message = `The lora adapter '${lora_name}' has already been loaded.`;
      return json(context, { error: { message } }, 400);
    }
    adapters.add(lora_name);
    return context.text(`Success: LoRA adapter '${lora_name}' added successfully.`);
  });
  app.post("/v1/unload_lora_adapter", async (context) => {
    const { lora_name } = await context.req.json();
    if (adapters.delete(lora_name)) return context.text("Success");
    return json(context, { error: { message: `The lora adapter '${lora_name}' cannot be found.` } }, 404);
  });
  app.post("/v1/chat/completions", async (context) => {
    const { model } = await context.req.json();
    if (model === BASE) return answer(context, "base");
    if (adapters.has(model)) return answer(context, model);
    return json(context, { error: { message: `The model '${model}' does not exist.` } }, 404);
  });
};

/** https://docs.sglang.io/docs/advanced_features/lora, and the failures of its http_server.py */
const sglang = (app: Hono, { adapters }: State): void => {
  const fail = (context: Context, error_message: string): Response =>
    json(context, { success: false, error_message, loaded_adapters: {} }, 400);
  app.post("/load_lora_adapter", async (context) => {
    const { lora_name, lora_path } = await context.req.json();
    if (!lora_name || !lora_path) return json(context, { detail: "Field required" }, 422);
    if (adapters.has(lora_name))
      return fail(context, `LoRA adapter with name ${lora_name} is already loaded.`);
    adapters.add(lora_name);
    return json(context, { success: true, loaded_adapters: { [lora_name]: lora_path } });
  });
  app.post("/unload_lora_adapter", async (context) => {
    const { lora_name } = await context.req.json();
    if (!adapters.delete(lora_name)) return fail(context, `LoRA adapter ${lora_name} is not loaded.`);
    return json(context, { success: true, loaded_adapters: {} });
  });
  app.post("/v1/chat/completions", async (context) => {
    const { model } = await context.req.json();
    const [base, adapter] = String(model).split(":", 2);
    if (base === BASE && adapter === undefined) return answer(context, "base");
    if (base === BASE && adapters.has(adapter ?? "")) return answer(context, adapter ?? "");
    return json(context, { object: "error", message: `LoRA adapter ${adapter} was never loaded` }, 400);
  });
};

const LORA_FILES = ["adapter_config.json", "adapter_model.safetensors"];

/** https://docs.ollama.com/api: blobs, create and delete */
const ollama = (app: Hono, { adapters, blobs }: State): void => {
  // Hono answers HEAD as it does GET.
  app.get("/api/blobs/:digest", (context) =>
    context.body(null, blobs.has(context.req.param("digest")) ? 200 : 404),
  );
  app.post("/api/blobs/:digest", async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (digest !== context.req.param("digest")) return json(context, { error: "digest mismatch" }, 400);
    blobs.add(digest);
    return context.body(null, 201);
  });
  app.post("/api/create", async (context) => {
    const { model, from, adapters: files = {} } = await context.req.json();
    if (!/^[\w.-]+$/.test(model)) return json(context, { error: "invalid model name" }, 400);
    if (from !== BASE) return json(context, { error: `model '${from}' not found` }, 404);
    const missing = LORA_FILES.filter((file) => !blobs.has(files[file]));
    if (missing.length > 0) return json(context, { error: `open ${missing[0]}: no such file` }, 400);
    adapters.add(model);
    return json(context, { status: "success" });
  });
  app.delete("/api/delete", async (context) => {
    const { model } = await context.req.json();
    return adapters.delete(model)
      ? context.body(null, 200)
      : json(context, { error: `model '${model}' not found` }, 404);
  });
  app.get("/api/version", (context) => json(context, { version: "0.34.0" }));
  app.post("/v1/chat/completions", async (context) => {
    const { model } = await context.req.json();
    if (model === BASE) return answer(context, "base");
    if (adapters.has(model)) return answer(context, model);
    return json(context, { error: { message: `model '${model}' not found` } }, 404);
  });
};

const twins: Readonly<Record<AdapterKind, (app: Hono, state: State) => void>> = { vllm, sglang, ollama };

export const startTwin = async (kind: AdapterKind): Promise<Twin> => {
  const state: State = { adapters: new Set(), blobs: new Set(), errands: [], losing: false };
  const app = new Hono();
  app.use(async (context, next) => {
    const isErrand = !context.req.path.endsWith("/chat/completions");
    if (isErrand) state.errands.push(`${context.req.method} ${context.req.path}`);
    await next();
    const isLost = isErrand && state.losing && context.req.method !== "HEAD";
    if (!isLost) return;
    state.losing = false;
    (context.env as { incoming: { socket: { destroy(): void } } }).incoming.socket.destroy();
  });
  twins[kind](app, state);
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    adapters: () => [...state.adapters],
    errands: state.errands,
    loseNext() {
      state.losing = true;
    },
    async stop() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
