/** Serves a run's page over HTTP: on loopback unless a host is named. */
import { once } from "node:events";
import type { Server } from "node:http";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Message } from "../../runtime/messages.ts";
import { PageRun, type PageRunOptions } from "../page-run.ts";
import { Access } from "./access.ts";
import { createApp } from "./app.ts";
import { Assets } from "./assets.ts";

export const defaultPort = 4646;
export const loopback = "127.0.0.1";

export interface PageOptions extends PageRunOptions {
  /** Beyond loopback a token is required. Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** A busy port falls to a free one; 0 takes a free one at once. Default: 4646. */
  readonly port?: number | undefined;
  /** Folder with the page's own files. */
  readonly pageFolder?: string | undefined;
}

export interface Page {
  /** Where to open it; beyond loopback with the token, which stands nowhere else. */
  readonly url: string;
  readonly port: number;
  /** Whether the port is another than the one asked for. */
  readonly isMoved: boolean;
  readonly viewers: number;
  /** What the run's wire hears, if it is played here: spares the page some reading. */
  accept(message: Message): void;
  /** The run has ended: viewers are told once they can see all of it. */
  end(outcome: string): Promise<void>;
  close(): Promise<void>;
}

export class PageError extends Error {
  readonly code = "AGORA_PAGE_LISTEN";
}

const ownPage = fileURLToPath(new URL("../page/", import.meta.url));

const listening = async (server: Server, port: number, host: string): Promise<void> => {
  server.listen(port, host);
  await once(server, "listening");
};

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "EADDRINUSE" || cause.code === "EACCES");

const listen = async (app: Hono, port: number, host: string): Promise<Server> => {
  // The library's default type covers HTTP/2 as well; without createServer it is node:http's.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  try {
    await listening(server, port, host).catch((cause: unknown) => {
      if (port === 0 || !isBusy(cause)) throw cause;
      return listening(server, 0, host);
    });
    return server;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PageError(`the page cannot be served on ${host} (${reason}); name another --host`, { cause });
  }
};

const portOf = (server: Server): number => {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
};

/** A wildcard is no address to open: others reach this machine at its own. */
const shownHost = (host: string): string => {
  const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const own = addresses.find(({ family, internal }) => family === "IPv4" && !internal);
  if (host === "0.0.0.0" || host === "::") return own?.address ?? "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

const closeServer = async (server: Server): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
};

/** @throws JournalError where the folder holds no run; PageError where no port can be had. */
export const servePage = async (options: PageOptions): Promise<Page> => {
  const { host = loopback, port = defaultPort, pageFolder = ownPage, onTrouble = () => {} } = options;
  const page = new PageRun(options);
  const access = new Access(host);
  try {
    const app = createApp({ page, assets: new Assets(pageFolder), access, onTrouble });
    const server = await listen(app, port, host);
    const query = access.token === undefined ? "" : `?token=${access.token}`;
    return {
      url: `http://${shownHost(host)}:${portOf(server)}/${query}`,
      port: portOf(server),
      isMoved: port !== 0 && portOf(server) !== port,
      get viewers() {
        return page.broadcast.viewers;
      },
      accept: (message) => page.accept(message),
      end: (outcome) => page.end(outcome),
      close: async () => {
        page.broadcast.close();
        await closeServer(server);
        await page.close();
      },
    };
  } catch (cause) {
    await page.close();
    throw cause;
  }
};
