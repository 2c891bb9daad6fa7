/** Where pages are served: the address, the port, and a server that listens there. */
import { once } from "node:events";
import type { Server } from "node:http";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { AgoraError } from "../../runtime/agora-error.ts";

export const defaultPort = 4646;
export const loopback = "127.0.0.1";

export class PageError extends AgoraError<"AGORA_PAGE_LISTEN"> {}

export const ownPage = fileURLToPath(new URL("../page/", import.meta.url));

const listening = async (server: Server, port: number, host: string): Promise<void> => {
  server.listen(port, host);
  await once(server, "listening");
};

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "EADDRINUSE" || cause.code === "EACCES");

/** @throws PageError if nothing can listen there */
export const listen = async (app: Hono, port: number, host: string): Promise<Server> => {
  // The library's type includes HTTP/2; without the option createServer it returns a node:http server.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  try {
    await listening(server, port, host).catch((cause: unknown) => {
      if (port === 0 || !isBusy(cause)) throw cause;
      return listening(server, 0, host);
    });
    return server;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PageError("AGORA_PAGE_LISTEN", `the page cannot be served on ${host} (${reason})`, {
      fix: "name another --host",
      cause,
    });
  }
};

export const portOf = (server: Server): number => {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
};

/** A wildcard address cannot be opened, so the page's URL has this machine's own address. */
export const shownHost = (host: string): string => {
  const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const own = addresses.find(({ family, internal }) => family === "IPv4" && !internal);
  if (host === "0.0.0.0" || host === "::") return own?.address ?? "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

/** @param patience how long open streams may take to end [ms] */
export const closeServer = async (server: Server, patience = 0): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(cut);
};
