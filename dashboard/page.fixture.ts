/** Pages of scripted societies, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Run, runFolder, startRun } from "../cli/host/host.ts";
import { type ScriptedParts, scriptedParts, scriptedTask } from "../cli/host/scripted-society.ts";
import { afterTest, type Closer } from "../runtime/closings.fixture.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import type { Script } from "../runtime/model/scripted.ts";
import type { TrainingBackend } from "../runtime/training.ts";
import { FeedWriter } from "./live/feed-writer.ts";
import { judgeOf } from "./record/judge.ts";
import { type Page, type PageOptions, servePage } from "./server/server.ts";
import type { Frame } from "./view.ts";

export const judge = judgeOf(scriptedTask);

/** A folder with an empty page. */
export const blankPage = (closer: Closer = afterTest): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-page-"));
  closer.add(() => rmSync(folder, { recursive: true, force: true }));
  const map = '<script type="importmap">{"imports":{"preact":"/vendor/preact.mjs"}}</script>';
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html>${map}<script type="module" src="/main.ts"></script>`,
  );
  writeFileSync(join(folder, "main.ts"), "const first: number = 1;\nexport { first };\n");
  writeFileSync(join(folder, "main.test.ts"), "a test");
  return folder;
};

export interface LivePage {
  readonly run: Run;
  readonly page: Page;
  readonly parts: ScriptedParts;
}

export interface LivePageOptions extends Partial<PageOptions> {
  readonly scripts?: Readonly<Record<string, Script>>;
  readonly training?: TrainingBackend;
  readonly onMessage?: (message: Message) => void;
}

/** A run with its feed and its page, composed as on the command line. */
export const livePage = async (
  config: Config,
  options: LivePageOptions = {},
  closer: Closer = afterTest,
): Promise<LivePage> => {
  const { scripts = {}, training, onMessage, ...given } = options;
  const parts = scriptedParts(config, { scripts, ...(training === undefined ? {} : { training }) });
  const feed = new FeedWriter(runFolder(config));
  let page: Page | undefined;
  const run = await startRun(
    {
      config,
      onMessage: (message) => {
        feed.accept(message);
        page?.accept(message);
        onMessage?.(message);
      },
    },
    parts,
  );
  feed.start(run.house, () => page?.transitions());
  const { folder, house, acts } = run;
  const shown = { folder, house, acts, judge, port: 0, pageFolder: blankPage(closer), ...given };
  const opened = await servePage(shown);
  page = opened;
  void run.ended.then(({ outcome }) => opened.end(outcome));
  closer.add(async () => {
    await run.close();
    feed.close();
    await opened.close();
  });
  return { run, page: opened, parts };
};

/** The page of a recorded run. */
export const replayPage = async (
  folder: string,
  options: Partial<PageOptions> = {},
  closer: Closer = afterTest,
): Promise<Page> => {
  const page = await servePage({ folder, judge, port: 0, pageFolder: blankPage(closer), ...options });
  closer.add(() => page.close());
  return page;
};

export const read = async <T>(page: Page, path: string): Promise<T> => {
  const response = await fetchWithRetry(new URL(path, page.url));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};

export interface Viewer {
  readonly frames: readonly Frame[];
  /** Resolves with the first past or future frame that matches. */
  until(matches: (frame: Frame) => boolean): Promise<Frame>;
  leave(): void;
}

const linesOf = async function* (body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
};

/** Retries once: after a server restart the first request may use a closed connection. */
const fetchWithRetry = (url: URL, options: RequestInit = {}): Promise<Response> =>
  fetch(url, options).catch(() => fetch(url, options));

/** Connects to the feed like a browser. */
export const view = async (page: Page): Promise<Viewer> => {
  const leaving = new AbortController();
  const { body } = await fetchWithRetry(new URL("/feed", page.url), { signal: leaving.signal });
  const frames: Frame[] = [];
  let notify = () => {};
  const listen = async (): Promise<void> => {
    for await (const line of linesOf(body ?? new ReadableStream())) {
      if (line.startsWith("data: ")) frames.push(JSON.parse(line.slice(6)));
      notify();
    }
  };
  const listening = listen().catch(() => {});
  const leave = () => leaving.abort();
  onTestFinished(async () => {
    leave();
    await listening;
  });
  const until = (matches: (frame: Frame) => boolean): Promise<Frame> =>
    new Promise((resolve) => {
      notify = () => {
        const found = frames.find(matches);
        if (found) resolve(found);
      };
      notify();
    });
  return { frames, until, leave };
};
