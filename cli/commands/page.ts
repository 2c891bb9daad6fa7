/** The options of the page, and serving the page of a run. */
import { spawn } from "node:child_process";
import { judgeOf } from "../../dashboard/record/judge.ts";
import type { Page, PageOptions } from "../../dashboard/server/server.ts";
import type { RunEnd } from "../../experiments/result.ts";
import type { Task } from "../../runtime/task.ts";
import { UsageError } from "../exit-codes.ts";
import type { Run } from "../host/host.ts";
import { numberIn } from "../options.ts";
import { leaveAddress } from "./page-address.ts";

export interface PageFlags {
  readonly open?: boolean;
  readonly host?: string;
  readonly port?: string;
}

/** @throws UsageError if the port or the host is invalid. */
export const addressOf = ({ host, port }: PageFlags): { readonly host?: string; readonly port?: number } => {
  const number = numberIn(port ?? "0");
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new UsageError(`--port is ${port}`, { expected: "a number from 0 (any free port) to 65535" });
  }
  // A server that listens at no address listens at all of them.
  if (host?.trim() === "")
    throw new UsageError("--host is empty", { expected: "an address of this machine, such as 127.0.0.1" });
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port: number }) };
};

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** Without a browser nothing happens: the address is printed anyway. */
const openBrowser = (url: string): void => {
  const [program, ...given] = openers[process.platform] ?? ["xdg-open"];
  spawn(program, [...given, url], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
};

export const announcePage = (
  page: Pick<Page, "url" | "port" | "isMoved">,
  { open, port }: PageFlags,
  print: (line: string) => void,
): void => {
  if (page.isMoved && port !== undefined) print(`Port ${port} is busy; the page is served on ${page.port}.`);
  print(`Page: ${page.url}`);
  if (open) openBrowser(page.url);
};

const endWords = (end: RunEnd): string => {
  if (end.outcome === "finished") return end.reason;
  if (end.outcome === "stopped") return "stopped";
  return `failed: ${end.cause instanceof Error ? end.cause.message : String(end.cause)}`;
};

export interface ServedRun {
  readonly run: Run;
  readonly task: Task;
  readonly onTrouble: (cause: unknown) => void;
}

export interface RunPageOptions extends ServedRun {
  readonly flags: PageFlags;
  readonly print: (line: string) => void;
}

/** Where it is served, or that it is hidden. */
type Place = Pick<PageOptions, "host" | "port" | "isHidden">;

/** Serves the run, and leaves its address in the run's folder until it is closed. */
const serveRun = async ({ run, task, onTrouble }: ServedRun, place: Place): Promise<Page> => {
  const { servePage } = await import("../../dashboard/server/server.ts");
  const { promptsOf } = await import("./run-knowledge.ts");
  const { folder, house, acts, tools } = run;
  const { objection, aboutBenchmarks } = task;
  const known = { judge: judgeOf(task), objection, aboutBenchmarks, promptOf: promptsOf(tools.config) };
  const page = await servePage({ folder, house, acts, ...known, onTrouble, ...place });
  const takeBack = leaveAddress(folder, page.url, onTrouble);
  void run.ended.then((end) => page.end(endWords(end)));
  return {
    ...page,
    get viewers() {
      return page.viewers;
    },
    close: async (farewell) => {
      takeBack();
      await page.close(farewell);
    },
  };
};

/** Lets the owner of the run's folder act on a run without a page; undefined if nothing can listen. */
export const openRunDoor = async (served: ServedRun): Promise<Page | undefined> => {
  try {
    return await serveRun(served, { port: 0, isHidden: true });
  } catch (cause) {
    served.onTrouble(cause);
    return undefined;
  }
};

/** If the page cannot be served, the reason is printed and the run continues. */
export const openRunPage = async ({ flags, print, ...served }: RunPageOptions): Promise<Page | undefined> => {
  const { onTrouble } = served;
  try {
    const page = await serveRun(served, addressOf(flags));
    announcePage(page, flags, print);
    return page;
  } catch (cause) {
    onTrouble(cause);
    print(`No page: ${cause instanceof Error ? cause.message : String(cause)}`);
    return undefined;
  }
};
