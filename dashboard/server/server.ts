/** Serves a run's page over HTTP, on loopback unless a host is given. */
import { once } from "node:events";
import type { Server } from "node:http";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Acts } from "../../runtime/acts.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Transitions } from "../live/transitions.ts";
import { PageRun, type PageRunOptions } from "../page-run.ts";
import type { Farewell } from "../view.ts";
import { Access } from "./access.ts";
import { createApp } from "./app.ts";
import { Assets } from "./assets.ts";

export const defaultPort = 4646;
export const loopback = "127.0.0.1";

export interface PageOptions extends PageRunOptions {
  /** Beyond loopback the page requires a token. Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** If the port is busy, a free one is used; 0 chooses a free port. Default: 4646. */
  readonly port?: number | undefined;
  /** What an operator may do to the run; undefined for a replay. */
  readonly acts?: Acts | undefined;
  /** Folder with the page's files. */
  readonly pageFolder?: string | undefined;
}

export interface Page {
  /** Address of the page; beyond loopback it contains the token. */
  readonly url: string;
  readonly port: number;
  /** True if the port is not the requested one. */
  readonly isMoved: boolean;
  readonly viewers: number;
  /** Passes a message of the running society to the page, which saves the page a read from disk. */
  accept(message: Message): void;
  /** What it observes of the society's machines, for the feed; undefined while nobody watches. */
  transitions(): Transitions | undefined;
  /** Marks the run as ended; viewers get the end after all earlier data. */
  end(outcome: string): Promise<void>;
  /** @param farewell told to the viewers: why the server ends */
  close(farewell?: Farewell): Promise<void>;
}

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

/** How long the last bytes of a stream may take to leave [ms]. */
const partingTime = 500;

/** @param patience how long open streams may take to end [ms] */
export const closeServer = async (server: Server, patience = 0): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(cut);
};

/** @throws JournalError if the folder holds no run; PageError if the server cannot listen */
export const servePage = async (options: PageOptions): Promise<Page> => {
  const { host = loopback, port = defaultPort, pageFolder = ownPage, onTrouble = () => {} } = options;
  const page = new PageRun(options);
  const access = new Access(host);
  try {
    const assets = new Assets(pageFolder);
    await assets.prepare("br");
    const app = createApp({ page, acts: options.acts, assets, access, onTrouble });
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
      transitions: () => page.transitions(),
      end: (outcome) => page.end(outcome),
      close: async (farewell) => {
        const isWatched = page.broadcast.viewers > 0;
        page.broadcast.close(farewell);
        await closeServer(server, farewell && isWatched ? partingTime : 0);
        await page.close();
      },
    };
  } catch (cause) {
    await page.close();
    throw cause;
  }
};
