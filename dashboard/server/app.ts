/** The routes of the page's server: one resource per view of view.ts, the feed, and the page's files. */
import { createHash } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Acts } from "../../runtime/acts.ts";
import { TooManyViewers } from "../live/broadcast.ts";
import type { PageRun } from "../page-run.ts";
import type { Access } from "./access.ts";
import { actRoutes } from "./acts.ts";
import type { Assets } from "./assets.ts";
import { encoded, encodingFor } from "./compression.ts";
import {
  eventsQuery,
  instantQuery,
  questionsQuery,
  readQuery,
  recordedQuery,
  transitionsQuery,
} from "./queries.ts";
import { Refusal } from "./refusal.ts";

export interface AppOptions {
  readonly page: PageRun;
  /** What an operator may do; undefined for a replay. */
  readonly acts?: Acts | undefined;
  /** The page's files; undefined for a run without a page. */
  readonly assets?: Assets | undefined;
  readonly access: Access;
  /** Called on internal errors of the server. */
  readonly onTrouble: (cause: unknown) => void;
}

/** Text from models leaves the server as JSON only. */
export const json = async (context: Context, value: unknown): Promise<Response> => {
  const accepted = encodingFor(context.req.header("accept-encoding"));
  const { body, encoding } = await encoded(Buffer.from(JSON.stringify(value)), accepted, "often");
  return new Response(new Uint8Array(body), {
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      Vary: "Accept-Encoding",
      ...(encoding ? { "Content-Encoding": encoding } : {}),
    },
  });
};

/** The import map is the page's only inline script; the policy allows it by its hash. */
const importMapHashes = (html: string): string[] =>
  [...html.matchAll(/<script type="importmap">([\s\S]*?)<\/script>/g)].map(
    ([, content = ""]) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`,
  );

/** The page runs only its own scripts, connects only to its own server and cannot be framed. */
const contentSecurityPolicy = (html: string): string =>
  [
    "default-src 'none'",
    ["script-src 'self'", ...importMapHashes(html)].join(" "),
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

export const commonHeaders: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

export const file = async (
  context: Context,
  assets: Assets,
  address = context.req.path,
): Promise<Response> => {
  const asset = assets.find(address);
  if (asset === undefined) throw new Refusal("AGORA_PAGE_UNKNOWN", `there is no ${address} here`);
  const { body, encoding } = await asset.in(encodingFor(context.req.header("accept-encoding")));
  const isPage = asset.type.startsWith("text/html");
  const headers = {
    "Content-Type": asset.type,
    "Cache-Control": "no-cache",
    ETag: asset.etag,
    Vary: "Accept-Encoding",
    ...(isPage ? { "Content-Security-Policy": contentSecurityPolicy(asset.text) } : {}),
    ...(encoding ? { "Content-Encoding": encoding } : {}),
  };
  if (context.req.header("if-none-match") === asset.etag) return new Response(null, { status: 304, headers });
  return new Response(new Uint8Array(body), { headers });
};

/** HEAD connects nobody: its response has no body, whose end would give the viewer's place back. */
const feed = async ({ req }: Context, page: PageRun): Promise<Response> => {
  const stream = req.method === "HEAD" ? null : await page.broadcast.connect();
  return new Response(stream, {
    headers: {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    },
  });
};

/** Anything but a refusal is a trouble of the server. */
export const refusalOf = (error: unknown, onTrouble: AppOptions["onTrouble"]): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof TooManyViewers) {
    const { problem, fix } = error;
    return new Refusal("AGORA_PAGE_VIEWERS", problem, { fix, cause: error });
  }
  onTrouble(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new Refusal("AGORA_PAGE_FAILED", reason, { cause: error });
};

const questionsPath = "/api/questions/";
const jobsPath = "/api/jobs/";

/** A part of an address that is an id, decoded once; it may contain any character. */
export const decodedId = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal("AGORA_PAGE_QUERY", "the id in the address cannot be decoded");
  }
};

const idAfter = (path: string, { req }: Context): string =>
  decodedId(new URL(req.url).pathname.slice(path.length));

const resources = (app: Hono, page: PageRun): void => {
  const instant = (name: "growth" | "training" | "acts" | "history") =>
    app.get(`/api/${name}`, async (context) => {
      const { until } = readQuery(context, instantQuery);
      return json(context, await page.at(until, (picture) => picture[name].view()));
    });
  app.get("/api/run", async (context) => json(context, await page.run()));
  app.get("/api/charts", async (context) => json(context, await page.charts()));
  app.get("/api/frame", async (context) => {
    const { until } = readQuery(context, instantQuery);
    return json(context, await page.frame(until));
  });
  app.get("/api/events", (context) => json(context, page.events(readQuery(context, eventsQuery))));
  app.get("/api/recorded", async (context) =>
    json(context, await page.recordedEvents(readQuery(context, recordedQuery))),
  );
  app.get("/api/transitions", async (context) => {
    const { agent, until } = readQuery(context, transitionsQuery);
    return json(context, await page.transitionCounts(agent, until));
  });
  app.get("/api/machines/:chart", (context) => {
    const chart = context.req.param("chart");
    const view = page.machine(chart);
    if (view === undefined) throw new Refusal("AGORA_PAGE_UNKNOWN", `there is no machine ${chart} here`);
    return json(context, view);
  });
  for (const name of ["growth", "training", "acts", "history"] as const) instant(name);
  app.get("/api/questions", async (context) => {
    const { until, ...query } = readQuery(context, questionsQuery);
    return json(context, await page.questions(query, until));
  });
  app.get(`${questionsPath}*`, async (context) => {
    const { until } = readQuery(context, instantQuery);
    const id = idAfter(questionsPath, context);
    const view = await page.question(id, until);
    if (view === undefined)
      throw new Refusal("AGORA_PAGE_UNKNOWN", `no question ${id} has ended, or is under way`);
    return json(context, view);
  });
  app.get(`${jobsPath}*`, async (context) => {
    const id = idAfter(jobsPath, context);
    const job = await page.job(id, readQuery(context, instantQuery).until);
    if (job === undefined) throw new Refusal("AGORA_PAGE_UNKNOWN", `no job ${id} has been requested yet`);
    return json(context, job);
  });
};

const noFiles = (): never => {
  throw new Refusal("AGORA_PAGE_UNKNOWN", "this run is played without a page", {
    fix: "resume it without --no-page",
  });
};

export const onlyReads =
  (fix: string): MiddlewareHandler =>
  async ({ req: { method } }, next) => {
    if (method === "GET" || method === "HEAD") return next();
    throw new Refusal("AGORA_PAGE_METHOD", `${method} is not supported here`, { fix });
  };

export const createApp = ({ page, acts, assets, access, onTrouble }: AppOptions): Hono => {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(commonHeaders)) context.res.headers.set(name, value);
  });
  app.use(access.check);
  actRoutes(app, acts, page.name);
  app.use(onlyReads("use GET or HEAD, or POST to /api/acts"));
  resources(app, page);
  app.get("/feed", (context) => feed(context, page));
  if (assets === undefined) app.get("*", noFiles);
  else {
    app.get("/", (context) => {
      // The page will request the charts, so they are drawn while it loads.
      page.charts().catch(onTrouble);
      return file(context, assets);
    });
    app.get("*", (context) => file(context, assets));
  }
  app.onError((error, context) => {
    const { code, status, message } = refusalOf(error, onTrouble);
    return context.json({ code, problem: message }, status, { "Cache-Control": "no-store" });
  });
  return app;
};
