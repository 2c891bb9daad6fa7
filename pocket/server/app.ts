/** The routes of one server. */
import { type Context, Hono } from "hono";
import { loadAdapter, unloadAdapter } from "./adapters.ts";
import { limitBody } from "./body.ts";
import type { Catalogue } from "./catalogue.ts";
import { completeChat } from "./chat.ts";
import { completeText } from "./completions.ts";
import { RequestError, toRequestError } from "./errors.ts";
import { guard } from "./guard.ts";
import { ModelCards } from "./models.ts";

/** Seconds after which a rejected client may retry; a pocket model's batch takes less. */
const RETRY_AFTER_SECONDS = "1";

export interface AppOptions {
  readonly maxBodyBytes: number;
  /** Undefined on loopback. */
  readonly apiKey: string | undefined;
  readonly adapterFolders: readonly string[];
  /** Called with the server's own failures; an engine's failures go to its model. */
  readonly onFailure?: ((error: RequestError) => void) | undefined;
}

export const createApp = (catalogue: Catalogue, options: AppOptions): Hono => {
  const app = new Hono();
  const cards = new ModelCards(catalogue);
  app.use(guard(options.apiKey));
  app.get("/health", (context) => cards.health(context));
  app.get("/v1/models", (context) => cards.list(context));
  app.get("/v1/models/:model{.+}", (context) => cards.retrieve(context));
  app.use("/v1/*", limitBody(options.maxBodyBytes));
  app.post("/v1/chat/completions", (context) => completeChat(context, catalogue));
  app.post("/v1/completions", (context) => completeText(context, catalogue));
  app.post("/v1/load_lora_adapter", (context) => loadAdapter(context, catalogue, options.adapterFolders));
  app.post("/v1/unload_lora_adapter", (context) => unloadAdapter(context, catalogue));
  app.notFound((context) => refuse(unknownRoute(context), options));
  app.onError((error) => refuse(toRequestError(error), options));
  return app;
};

const refuse = (error: RequestError, { onFailure }: AppOptions): Response => {
  if (error.code === "internal_error") onFailure?.(error);
  const headers = error.status === 429 ? { "Retry-After": RETRY_AFTER_SECONDS } : {};
  return Response.json(error.body(), { status: error.status, headers });
};

const unknownRoute = (context: Context): RequestError => {
  const { method, path } = context.req;
  return new RequestError(404, "unknown_route", `Unknown route: ${method} ${path}`, null, {
    fix: "see /health and /v1/models",
  });
};
