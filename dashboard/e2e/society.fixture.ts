/** A real run of pocket models with the page that the command line would serve. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Parts, type Run, runFolder, startRun } from "../../cli/host/host.ts";
import { standardParts } from "../../cli/host/parts.ts";
import type { Closings } from "../../runtime/closings.fixture.ts";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Model } from "../../runtime/model/model.ts";
import { FeedWriter } from "../live/feed-writer.ts";
import { judgeOf } from "../record/judge.ts";
import { type Page, type PageOptions, servePage } from "../server/server.ts";

export interface PocketSociety {
  readonly run: Run;
  readonly page: Page;
  /** From now on models rest longer before each call. */
  calm(): void;
  /** Stops the page's server and starts a new one on the same port, like a restart after a crash. */
  restart(between: () => Promise<void>): Promise<void>;
  /** Serves the finished run from its files only. */
  replay(): Promise<Page>;
}

/** Four different models, small batches, short training, and few problems to measure adapters on. It ends when stopped. */
const small: ConfigInput = {
  ...{ run: "watched", preset: "pocket", seed: 7, rounds: 4000 },
  ...{ questionsPerRound: 6, bufferThreshold: 24, updates: 1000, loraEpochs: 1, rehearsalShare: 0 },
  anchorSize: 10,
};

/** Pause before each call [ms]: until something has happened, and while its page is looked at. */
const rests = { brisk: 100, calm: 600 } as const;

/** A run that is only watched leaves the processor to the page and to other tests. */
const resting = (model: Model, rest: () => number): Model => {
  const complete = model.complete.bind(model);
  const later: Model["complete"] = async (call, signal) => {
    await sleep(rest(), undefined, { signal }).catch(() => signal.throwIfAborted());
    return complete(call, signal);
  };
  return Object.assign(model, { complete: later });
};

export const pocketSociety = async (closings: Closings, more: ConfigInput = {}): Promise<PocketSociety> => {
  const runsFolder = mkdtempSync(join(tmpdir(), "agora-watched-"));
  const config = loadConfig({ overrides: { ...small, ...more, runsFolder }, env: {} });
  const parts = await standardParts(config);
  const judge = judgeOf(parts.task);
  const feed = new FeedWriter(runFolder(config));
  const pages: Page[] = [];
  const onMessage = (message: Message): void => {
    feed.accept(message);
    for (const page of pages) page.accept(message);
  };
  let rest: number = rests.brisk;
  const models: Parts["models"] = async (onUsage) =>
    (await parts.models(onUsage)).map((model) => resting(model, () => rest));
  const run = await startRun({ config, onMessage }, { ...parts, models });
  feed.start(run.house, () => pages.at(-1)?.transitions());
  const { objection } = parts.task;
  const served: PageOptions = { folder: run.folder, house: run.house, acts: run.acts, judge, objection };
  const serve = async (port: number): Promise<Page> => {
    const page = await servePage({ ...served, port });
    void run.ended.then(({ outcome }) => page.end(outcome));
    return page;
  };
  pages.push(await serve(0));
  const newest = (): Page => pages.at(-1) as Page;
  closings.add(async () => {
    await run.close();
    feed.close();
    await Promise.all(pages.map((page) => page.close()));
    rmSync(runsFolder, { recursive: true, force: true });
  });
  return {
    run,
    page: newest(),
    calm: () => {
      rest = rests.calm;
    },
    restart: async (between) => {
      const { port } = newest();
      await pages.pop()?.close();
      await between();
      pages.push(await serve(port));
    },
    replay: async () => {
      const page = await servePage({ folder: run.folder, judge, port: 0 });
      pages.unshift(page);
      return page;
    },
  };
};
