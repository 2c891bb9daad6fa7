/**
 * Serves the page of all runs in a folder, and below `/run/<key>/` the page of each.
 *
 * 1. The page of a run is that of `agora replay`: the same application, at another address.
 * 2. Access is checked once for all, as for the page of one run.
 */
import { existsSync, readFileSync } from "node:fs";
import { type Context, Hono } from "hono";
import { Access } from "../server/access.ts";
import { commonHeaders, createApp, decodedId, file, json, onlyReads, refusalOf } from "../server/app.ts";
import { Assets } from "../server/assets.ts";
import {
  closeServer,
  defaultPort,
  listen,
  loopback,
  ownPage,
  portOf,
  shownHost,
} from "../server/listening.ts";
import { Refusal } from "../server/refusal.ts";
import { figureFile, figuresIn, reportFile } from "./experiment-folder.ts";
import { OpenRuns, type OpenRunsOptions } from "./open-runs.ts";
import { Shelf } from "./shelf.ts";
import type { ComparisonView } from "./shelf-view.ts";

export interface ShelfOptions extends Pick<OpenRunsOptions, "knowledgeOf" | "onTrouble"> {
  readonly folder: string;
  /** Compares runs with the first, given their folders. */
  readonly compare: (folders: readonly string[]) => Promise<ComparisonView>;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

export interface ShelfPage {
  readonly url: string;
  readonly port: number;
  readonly isMoved: boolean;
  close(): Promise<void>;
}

const maximumCompared = 40;

const unknownRun = (key: string): Refusal =>
  new Refusal("AGORA_PAGE_UNKNOWN", `no run ${key} is in this folder`, { fix: "reload the page" });

const foldersOf = (shelf: Shelf, context: Context): string[] => {
  const keys = context.req.queries("run") ?? [];
  if (keys.length < 2 || keys.length > maximumCompared || new Set(keys).size < keys.length)
    throw new Refusal("AGORA_PAGE_QUERY", `run: expected 2 to ${maximumCompared} different runs`);
  return keys.map((key) => {
    const folder = shelf.folderOf(key);
    if (folder === undefined) throw unknownRun(key);
    return folder;
  });
};

/** `/run/<key>/<rest>`; the key is one encoded segment. */
const runAddress = /^\/run\/([^/]+)(\/.*)?$/;

/** Passes a request on to the page of a run, at the address that this page would have alone. */
const passOn = async (runs: OpenRuns, context: Context): Promise<Response> => {
  const url = new URL(context.req.url);
  const [, part = "", rest] = runAddress.exec(url.pathname) ?? [];
  if (rest === undefined) return context.redirect(`${url.pathname}/`);
  const key = decodedId(part);
  const found = await runs.find(key);
  if (found === undefined) throw unknownRun(key);
  url.pathname = rest;
  return found.app.fetch(new Request(url, context.req.raw), context.env);
};

/** The report has no script; its own policy is in it. */
const reportPage = (shelf: Shelf, key: string): Response => {
  const folder = shelf.experimentOf(key);
  if (folder === undefined || !existsSync(reportFile(folder)))
    throw new Refusal("AGORA_PAGE_UNKNOWN", `no report of an experiment ${key} is in this folder`, {
      fix: "write it with `agora report`",
    });
  return document(reportFile(folder), "text/html; charset=utf-8");
};

/** A file of a report: it has no script, and may run none. */
const document = (file: string, type: string): Response =>
  new Response(readFileSync(file, "utf8"), {
    headers: {
      "Content-Type": type,
      "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    },
  });

const figure = (shelf: Shelf, key: string, name: string): Response => {
  const folder = shelf.experimentOf(key);
  if (folder === undefined || !figuresIn(folder).includes(name))
    throw new Refusal("AGORA_PAGE_UNKNOWN", `no figure ${name} of an experiment ${key} is in this folder`);
  return document(figureFile(folder, name), "image/svg+xml");
};

const routes = (app: Hono, { shelf, assets, runs, compare }: Parts): void => {
  app.all("/run/*", (context) => passOn(runs, context));
  app.use(onlyReads("use GET or HEAD"));
  app.get("/api/shelf", async (context) => json(context, await shelf.view()));
  app.get("/api/comparison", async (context) => json(context, await compare(foldersOf(shelf, context))));
  app.get("/report", (context) => reportPage(shelf, context.req.query("experiment") ?? ""));
  app.get("/figure", (context) =>
    figure(shelf, context.req.query("experiment") ?? "", context.req.query("name") ?? ""),
  );
  app.get("/", (context) => file(context, assets, "/shelf.html"));
  app.get("*", (context) => file(context, assets));
};

interface Parts extends Pick<ShelfOptions, "compare"> {
  readonly shelf: Shelf;
  readonly assets: Assets;
  readonly runs: OpenRuns;
}

const createShelfApp = (parts: Parts, access: Access, onTrouble: (cause: unknown) => void): Hono => {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(commonHeaders)) context.res.headers.set(name, value);
  });
  app.use(access.check);
  routes(app, parts);
  app.onError((error, context) => {
    const { code, status, message } = refusalOf(error, onTrouble);
    return context.json({ code, problem: message }, status, { "Cache-Control": "no-store" });
  });
  return app;
};

/** @throws ShelfError if there is no such folder; PageError if the server cannot listen */
export const serveShelf = async (options: ShelfOptions): Promise<ShelfPage> => {
  const { host = loopback, port = defaultPort, onTrouble = () => {}, compare, knowledgeOf } = options;
  const shelf = new Shelf(options.folder);
  const assets = Assets.of(ownPage);
  const access = new Access(host);
  const appOf: OpenRunsOptions["appOf"] = (page) => createApp({ page, assets, access, onTrouble });
  const runs = new OpenRuns({ shelf, appOf, knowledgeOf, onTrouble });
  const app = createShelfApp({ shelf, assets, runs, compare }, access, onTrouble);
  const server = await listen(app, port, host);
  const query = access.token === undefined ? "" : `?token=${access.token}`;
  return {
    url: `http://${shownHost(host)}:${portOf(server)}/${query}`,
    port: portOf(server),
    isMoved: port !== 0 && portOf(server) !== port,
    close: async () => {
      await closeServer(server);
      await runs.close();
    },
  };
};
