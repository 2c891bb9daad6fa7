/**
 * A `fetch` over Node's HTTP client, for many small calls to few servers. It keeps connections alive, and its only
 * time limit is the caller's signal (Node's built-in fetch stops waiting for headers after five minutes).
 * The promise resolves with the complete response, or rejects one that is longer than any reply. Redirects are not followed.
 */
import type { IncomingMessage } from "node:http";

/**
 * How long an idle connection is kept [ms]. Uvicorn, and so vLLM and `transformers serve`, closes those that are idle for
 * 5 s, and a request must not meet that, even where either side is seconds late on a busy machine.
 */
const idleFor = 1_000;

/** Its agent applies the time limit to idle connections only. */
const clientOf = (name: "node:http" | "node:https") => {
  const { Agent, request } = process.getBuiltinModule(name);
  return { request, agent: new Agent({ keepAlive: true, timeout: idleFor }) };
};

/**
 * Made at the first call: most commands make none. An import of `node:http` would also load all that it exports, and so
 * Node's built-in fetch, a seventh of what such a command loads.
 */
const clients = new Map<string, ReturnType<typeof clientOf>>();
const keptClient = (name: "node:http" | "node:https") => {
  const client = clients.get(name) ?? clientOf(name);
  clients.set(name, client);
  return client;
};

export type KeepAliveFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Supports what API clients send: a URL, string headers, and a body of text or bytes. */
export const keepAliveFetch: KeepAliveFetch = async (url, init = {}) => {
  const target = new URL(url instanceof Request ? url.url : url);
  const { request, agent } = keptClient(target.protocol === "https:" ? "node:https" : "node:http");
  const content = contentOf(init.body);
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const options = {
    method: init.method ?? "GET",
    headers: { ...Object.fromEntries(new Headers(init.headers)), ...lengthOf(content) },
    agent,
    ...(init.signal ? { signal: init.signal } : {}),
  };
  const outgoing = request(target, options, (incoming) => {
    collect(incoming)
      .then((body) => responseOf(incoming, body))
      .then(resolve, reject);
  });
  outgoing.on("error", reject);
  outgoing.on("upgrade", ({ statusCode }, socket) => {
    socket.destroy();
    reject(unknownStatus(statusCode));
  });
  outgoing.end(content);
  return promise;
};

const contentOf = (body: RequestInit["body"]): string | Uint8Array | undefined => {
  if (body === null || body === undefined) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new TypeError("keepAliveFetch sends text and bytes only; give a string or a Uint8Array");
};

/** Node announces no body of a DELETE by itself, and servers then read none. */
const lengthOf = (content: string | Uint8Array | undefined): Record<string, string> =>
  content === undefined ? {} : { "content-length": String(Buffer.byteLength(content)) };

/** More than any reply with its log-probabilities takes [bytes]. */
const largestBody = 128 * 1024 ** 2;

const collect = (incoming: IncomingMessage): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > largestBody) incoming.destroy(new Error(`the answer is longer than ${largestBody} bytes`));
    else chunks.push(chunk);
  });
  incoming.on("end", () => resolve(Buffer.concat(chunks)));
  incoming.on("error", reject);
  return promise;
};

/** Node reads any three digits as a status. */
const unknownStatus = (status: number | undefined): Error =>
  new Error(`the server answers with status ${status}, expected 200 to 599`);

const responseOf = (incoming: IncomingMessage, body: Buffer): Response => {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = incoming.statusCode ?? 0;
  if (status < 200 || status > 599) throw unknownStatus(status);
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : new Uint8Array(body), { status, headers });
};
