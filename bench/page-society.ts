/**
 * A scripted society with a page, in its own process, controlled by orders of bench/page.ts: `open` and `close` the
 * page, set the `rate` of model calls per second or the `latency` of each, `read` the counters, `stop`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRun } from "../cli/host/host.ts";
import { scriptedParts, soundScript } from "../cli/host/scripted-society.ts";
import { FeedWriter } from "../dashboard/live/feed-writer.ts";
import { judgeOf } from "../dashboard/record/judge.ts";
import type { Page } from "../dashboard/server/server.ts";
import { type Config, loadConfig } from "../runtime/config/config.ts";
import type { Script } from "../runtime/model/scripted.ts";

/** An order of the parent; each is answered with a `Reading`. */
export type Order =
  | { readonly order: "open" }
  | { readonly order: "close" }
  | { readonly order: "count"; readonly events: boolean }
  | { readonly order: "rate"; readonly callsPerSecond: number }
  | { readonly order: "latency"; readonly seconds: number }
  | { readonly order: "read" }
  | { readonly order: "stop" };

export interface Reading {
  readonly url: string;
  /** CPU time of this process, all threads, since its start [µs]. */
  readonly cpu: number;
  /** [s] */
  readonly at: number;
  readonly questions: number;
  readonly rounds: number;
  /** When the last round closed [s]. */
  readonly roundAt: number;
  readonly messages: number;
  /** Events that actors processed while counting is on. */
  readonly events: number;
  readonly megabytes: number;
}

/** `checks`: whether solutions are verified and voted on; with fifty agents this would be most of the work. */
const [agents = 4, checks = 1] = process.argv.slice(2).map(Number);
const counts = { questions: 0, rounds: 0, roundAt: 0, messages: 0, events: 0 };

const configOf = (runsFolder: string): Config =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run: "page", runsFolder, preset: "paper", pack: "pocket", rounds: 1_000_000 },
      ...{ questionsPerRound: checks === 1 ? 16 : 4, lora: false, externalAnchor: false },
      ...{ validVote: checks === 1, qualityVote: checks === 1 },
      models: Array.from({ length: agents }, (_, index) => ({
        name: `agent-${index}`,
        model: "scripted",
        endpoint: "http://127.0.0.1:9/v1",
      })),
    },
  });

/** Delays answers by a fixed latency, or spaces all answers at a constant rate; without either there is no delay. */
class Pace {
  callsPerSecond = 0;
  /** [s] */
  latency = 0;
  #next = 0;

  /** Delay of the next answer [s]. */
  take(): number {
    if (this.callsPerSecond === 0) return this.latency;
    const now = performance.now() / 1000;
    this.#next = Math.max(this.#next, now) + 1 / this.callsPerSecond;
    return this.#next - now;
  }
}

const pace = new Pace();

const paced = (script: Script): Script =>
  Object.fromEntries(
    Object.entries(script).map(([role, answer]) => [
      role,
      (call) => {
        const reply = typeof answer === "function" ? answer(call) : "";
        const { text = "" } = typeof reply === "string" ? { text: reply } : reply;
        return { text, delaySeconds: pace.take() };
      },
    ]),
  );

let page: Page | undefined;
let feed: FeedWriter | undefined;
let uncount: (() => void) | undefined;

const folder = mkdtempSync(join(tmpdir(), "agora-bench-page-"));
const config = configOf(folder);
const scripts = Object.fromEntries(config.models.map(({ name }, index) => [name, paced(soundScript(index))]));
const parts = scriptedParts(config, { scripts });
const run = await startRun(
  {
    config,
    onMessage: (message) => {
      counts.messages += 1;
      if (message.type === "question.settled") counts.questions += 1;
      if (message.type === "round.closed") {
        counts.rounds += 1;
        counts.roundAt = performance.now() / 1000;
      }
      feed?.accept(message);
      page?.accept(message);
    },
  },
  parts,
);

const closePage = async (): Promise<void> => {
  feed?.close();
  await page?.close();
  [feed, page] = [undefined, undefined];
};

const openPage = async (): Promise<void> => {
  feed = new FeedWriter(run.folder);
  feed.start(run.house, () => page?.transitions());
  const { servePage } = await import("../dashboard/server/server.ts");
  page = await servePage({ folder: run.folder, house: run.house, judge: judgeOf(parts.task), port: 0 });
};

const countEvents = (isOn: boolean): void => {
  uncount?.();
  uncount = undefined;
  if (!isOn) return;
  uncount = run.house.watch({
    inspected: (_, { type }) => {
      if (type === "@xstate.snapshot") counts.events += 1;
    },
  });
};

const obey = async (asked: Order): Promise<void> => {
  if (asked.order === "open") await openPage();
  if (asked.order === "close") await closePage();
  if (asked.order === "count") countEvents(asked.events);
  if (asked.order === "rate") pace.callsPerSecond = asked.callsPerSecond;
  if (asked.order === "latency") pace.latency = asked.seconds;
  if (asked.order === "stop") {
    await run.close();
    await closePage();
    rmSync(folder, { recursive: true, force: true });
  }
};

const reading = (): Reading => {
  const { user, system } = process.cpuUsage();
  const megabytes = process.memoryUsage().rss / 1e6;
  return { ...counts, url: page?.url ?? "", cpu: user + system, at: performance.now() / 1000, megabytes };
};

process.on("message", (asked: Order) => {
  void obey(asked).then(() => {
    process.send?.(reading());
    if (asked.order === "stop") process.disconnect();
  });
});
