/** The pocket server: pocket models behind an OpenAI-compatible HTTP interface. */

import { once } from "node:events";
import type { Server } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Engine } from "../engine/index.ts";
import { createApp } from "./app.ts";
import { Catalogue, type ServedModel } from "./catalogue.ts";
import type { RequestError } from "./errors.ts";
import { isLoopback } from "./guard.ts";
import { SequenceLimit } from "./sequence-limit.ts";
import { TokenTexts } from "./token-texts.ts";

const MAX_QUEUE = 256;
const MAX_BODY_BYTES = 1024 * 1024;
/** Longer than clients keep an idle connection, so the server never closes a connection in use. */
const KEEP_ALIVE_MS = 75_000;

/** A model, given by its checkpoint folder or by an engine that the caller opens and closes. */
export type PocketModel =
  | { readonly name: string; readonly folder: string }
  | { readonly name: string; readonly engine: Engine; readonly folder?: string };

export interface PocketServerOptions {
  readonly models: readonly PocketModel[];
  /** 0, the default, chooses a free port. */
  readonly port?: number;
  /** Default 127.0.0.1, reachable from this machine only. Any other needs `apiKey`. */
  readonly host?: string;
  /** Key that every client has to send beyond loopback. */
  readonly apiKey?: string;
  /** Adapters are loaded from within these folders only. Default: `runs` in the working folder. */
  readonly adapterFolders?: readonly string[];
  /** Maximum running and waiting sequences per model; beyond it the server answers 429. Default 256. */
  readonly maxQueue?: number;
  /** Larger request bodies get the answer 413. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Called on every failure of an engine or of the server, with its cause. */
  readonly onFailure?: (error: RequestError) => void;
}

export interface PocketServer {
  /** For example `http://127.0.0.1:8000`; OpenAI clients use `${url}/v1` as base URL. */
  readonly url: string;
  /** Gives callers in this process the same answers without a socket; rejects if its signal aborts. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Aborts running sequences and closes the engines that the server opened. */
  close(): Promise<void>;
}

/** A server that cannot start. */
export class PocketServerError extends AgoraError<
  "no_models" | "duplicate_model" | "no_key" | "cannot_listen"
> {}

/** @throws PocketServerError, or the engine's error for a folder without a checkpoint */
export const servePocket = async (options: PocketServerOptions): Promise<PocketServer> => {
  checkNames(options.models);
  const apiKey = keyOf(options);
  const opened: Engine[] = [];
  const closeEngines = async () => void (await Promise.all(opened.map((engine) => engine.close())));
  try {
    const models = await openModels(options, opened);
    const { maxBodyBytes = MAX_BODY_BYTES, adapterFolders = ["runs"], onFailure } = options;
    const app = createApp(new Catalogue(models), { maxBodyBytes, apiKey, adapterFolders, onFailure });
    const server = await listen(app, options);
    let closing: Promise<void> | undefined;
    const close = () => {
      closing ??= closeServer(server).then(closeEngines);
      return closing;
    };
    return { url: urlOf(server), fetch: fetchFrom(app, apiKey), close };
  } catch (error) {
    await closeEngines();
    throw error;
  }
};

/** Undefined on loopback. */
const keyOf = ({ host = "127.0.0.1", apiKey }: PocketServerOptions): string | undefined => {
  if (isLoopback(host)) return undefined;
  if (apiKey) return apiKey;
  throw new PocketServerError("no_key", `${host} is reachable from other machines`, {
    expected: "a key that clients send",
    fix: "give apiKey, or leave host out",
  });
};

const checkNames = (models: readonly PocketModel[]): void => {
  if (models.length === 0) {
    throw new PocketServerError("no_models", "No models to serve", {
      fix: "give at least one { name, folder }",
    });
  }
  const names = models.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new PocketServerError("duplicate_model", `Two models are named '${twice}'`, {
    fix: "give each its own name",
  });
};

/** Opens the models concurrently; adds each engine to `opened` immediately, so that it can be closed. */
const openModels = async (options: PocketServerOptions, opened: Engine[]): Promise<ServedModel[]> => {
  const { openEngine } = await import("../engine/index.ts");
  const outcomes = await Promise.allSettled(
    options.models.map(async (model) => {
      if ("engine" in model) return served(model.name, model.engine, model.folder, options);
      const engine = await openEngine(model.folder);
      opened.push(engine);
      return served(model.name, engine, model.folder, options);
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
};

const served = (
  name: string,
  engine: Engine,
  folder: string | undefined,
  { maxQueue = MAX_QUEUE, onFailure }: PocketServerOptions,
): ServedModel => {
  const tokenTexts = new TokenTexts(engine.tokenizer);
  return { name, engine, folder, limit: new SequenceLimit(maxQueue), tokenTexts, onFailure };
};

/**
 * Starts one request per turn of the event loop: a burst of thousands, such as a reading of the anchor, would otherwise
 * block timers and sockets of the process for seconds.
 */
const fetchFrom = (app: Hono, apiKey: string | undefined): PocketServer["fetch"] => {
  let turn = Promise.resolve();
  return async (url, init) => {
    turn = turn.then(() => nextTurn());
    await turn;
    init?.signal?.throwIfAborted();
    const request = new Request(url, init);
    if (apiKey !== undefined) request.headers.set("Authorization", `Bearer ${apiKey}`);
    const response = await app.fetch(request);
    init?.signal?.throwIfAborted();
    return response;
  };
};

const listen = async (app: Hono, options: PocketServerOptions): Promise<Server> => {
  const { port = 0, host = "127.0.0.1" } = options;
  // The library's type includes HTTP/2; without the option createServer it returns a node:http server.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PocketServerError("cannot_listen", `Cannot listen on ${host}:${port} (${reason})`, {
      fix: "choose another port, or 0 for a free one",
      cause: error,
    });
  }
  return server;
};

const urlOf = (server: Server): string => {
  const address = server.address();
  if (address === null || typeof address === "string") return "";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
};

const closeServer = async (server: Server): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
};
