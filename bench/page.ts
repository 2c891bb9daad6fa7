/**
 * Measures how smooth the page is, and what it costs the process that serves it.
 *
 *     npm run -s bench:page
 *
 * 1. Overhead: a society of scripted models with 0.1 s per call runs without a page, with a page without viewers,
 *    and with a viewer that receives every frame and reads all views at once. Figures: time per round relative to
 *    that without a page. The same models also run without delay, where only messages take time. Figure: CPU time per
 *    settled question with a viewer relative to that without.
 * 2. Smoothness: scripted models at 5,000 events/s with a viewer on each view in turn, in headless Chromium. Figures by
 *    view: frames per second in the browser (requestAnimationFrame); additional CPU of the serving process compared with
 *    the same load without a viewer, as a share of one core; the same of the page's main thread, which also counts the
 *    frames; bytes per second to the browser; time until the view shows its content.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium, type Page } from "playwright-core";
import type { QuestionList } from "../dashboard/view.ts";
import type { Order, Reading } from "./page-society.ts";
import { printNote, printResult, rounded } from "./result.ts";

const wantedEvents = 5_000;

const { values } = parseArgs({
  options: {
    /** Length of one window [s], and the number of windows of each kind. */
    seconds: { type: "string", default: "4" },
    turns: { type: "string", default: "6" },
    browser: { type: "string", default: "/usr/bin/chromium" },
    /** Sizes of the societies. */
    agents: { type: "string", default: "4,16" },
    actors: { type: "string", default: "16,50,1000" },
    only: { type: "string", default: "overhead,smoothness" },
  },
});
const [seconds, turns] = [Number(values.seconds), Number(values.turns)];

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;

class Society {
  readonly #child: ChildProcess;

  constructor(agents: number, checks: boolean) {
    const program = fileURLToPath(new URL("./page-society.ts", import.meta.url));
    this.#child = fork(program, [String(agents), String(Number(checks))], { stdio: "inherit" });
  }

  async ask(order: Order): Promise<Reading> {
    this.#child.send(order);
    const [reading] = await once(this.#child, "message");
    return reading as Reading;
  }

  /** The counters' increase in a window of `length` seconds. */
  async window(length: number): Promise<Reading> {
    const first = await this.ask({ order: "read" });
    await sleep(length * 1000);
    const last = await this.ask({ order: "read" });
    const keys = ["cpu", "at", "questions", "rounds", "roundAt", "messages", "events"] as const;
    const passed = Object.fromEntries(keys.map((key) => [key, last[key] - first[key]]));
    return { ...last, ...passed };
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    await this.ask({ order: "stop" });
    await exited;
  }
}

/** What the views read. */
const everyView = [
  ...["growth", "training", "history", "acts", "charts", "questions?limit=40"],
  ...["events?agent=agent-0&limit=400", "transitions?agent=agent-0", "transitions?agent=questions"],
];

/** Receives the feed and reads all views once a second; resolves with the first frame, after the journal is read. */
const look = async (url: string): Promise<() => Promise<void>> => {
  const begun = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const { signal } = leaving;
  const hear = async (): Promise<void> => {
    const { body } = await fetch(new URL("feed", url), { signal });
    for await (const _ of body ?? new ReadableStream<Uint8Array>()) begun.resolve();
  };
  const read = async (): Promise<void> => {
    const get = async (path: string): Promise<unknown> =>
      (await fetch(new URL(`api/${path}`, url), { signal })).json();
    while (!signal.aborted) {
      for (const view of everyView) await get(view);
      const { lines } = (await get("questions?limit=1")) as {
        readonly lines: { readonly question: string }[];
      };
      for (const { question } of lines) await get(`questions/${encodeURIComponent(question)}`);
      await sleep(1000, undefined, { signal });
    }
  };
  const looking = Promise.all([hear(), read()].map((work) => work.catch(() => {})));
  await begun.promise;
  return async () => {
    leaving.abort();
    await looking;
  };
};

/** Pause before each window [s]: after a switch, V8 recompiles its hot functions. */
const settling = 2;

/** The cost in one window. */
type Cost = (passed: Reading) => number;

/** Time per round [s]. */
const time: Cost = ({ roundAt, rounds }) => roundAt / rounds;

/** CPU time of the process per settled question [µs]. */
const work: Cost = ({ cpu, questions }) => cpu / questions;

/** Mean without the lowest and highest quarter, which other work on the machine distorts. */
const midMean = (numbers: readonly number[]): number => {
  const quarter = Math.floor(numbers.length / 4);
  const kept = numbers.toSorted((left, right) => left - right).slice(quarter, numbers.length - quarter);
  return kept.reduce((sum, number) => sum + number, 0) / Math.max(1, kept.length);
};

type Switch = () => Promise<() => Promise<void>>;

/**
 * Cost with a feature relative to the cost without it. Each window is compared with the windows before and after it,
 * because the growing journal slows everything down.
 */
const ratioOf = async (society: Society, cost: Cost, [name, turnOn]: [string, Switch]): Promise<number> => {
  const measure = async (): Promise<number> => {
    await sleep(settling * 1000);
    return cost(await society.window(seconds));
  };
  const ratios: number[] = [];
  let before = await measure();
  for (let turn = 0; turn < turns; turn++) {
    const turnOff = await turnOn();
    const during = await measure();
    await turnOff();
    const after = await measure();
    ratios.push((2 * during) / (before + after));
    before = after;
    printNote(`${name}, turn ${turn}: ${rounded(during)} beside ${rounded(after)}`);
  }
  return midMean(ratios);
};

/** Latency of a call in the society with slow models [s]. */
const latency = 0.1;

const measureOverhead = async (agents: number): Promise<void> => {
  const society = new Society(agents, true);
  const opening: Switch = async () => {
    await society.ask({ order: "open" });
    return async () => void (await society.ask({ order: "close" }));
  };
  await society.ask({ order: "latency", seconds: latency });
  await sleep(4000);
  const timeWithout = await ratioOf(society, time, ["time without viewer", opening]);
  const { url } = await society.ask({ order: "open" });
  const timeWith = await ratioOf(society, time, ["time with viewer", () => look(url)]);
  await society.ask({ order: "latency", seconds: 0 });
  const workWith = await ratioOf(society, work, ["work with viewer", () => look(url)]);
  await society.stop();
  printResult("page-overhead", {
    agents,
    time_without_viewer: rounded(timeWithout),
    time_with_viewer: rounded(timeWithout * timeWith),
    full_speed_cpu_with_viewer: rounded(workWith),
  });
};

const flags = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Runs in the browser; its globals have no types here. */
const framesPerSecond = (page: Page, length: number): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) => {
    const startedAt = performance.now();
    let frames = 0;
    const count = (now) => {
      frames += 1;
      if (now - startedAt < ${length * 1000}) requestAnimationFrame(count);
      else resolve((frames * 1000) / (now - startedAt));
    };
    requestAnimationFrame(count);
  })`);

interface Gauges {
  /** Received up to now. */
  bytes(): number;
  /** Time that the main thread of the page has worked up to now [s]. */
  worked(): Promise<number>;
}

const gaugesOf = async (page: Page): Promise<Gauges> => {
  let bytes = 0;
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Performance.enable");
  wire.on("Network.dataReceived", ({ dataLength, encodedDataLength }) => {
    bytes += encodedDataLength || dataLength;
  });
  const worked = async (): Promise<number> => {
    const { metrics } = await wire.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  return { bytes: () => bytes, worked };
};

/** Sets the rate of calls so that actors process the wanted number of events, or as many as they can. */
const adjustPace = async (society: Society): Promise<void> => {
  let callsPerSecond = 90;
  let best = { events: 0, callsPerSecond };
  for (const length of [6, 6, 6]) {
    await society.ask({ order: "rate", callsPerSecond });
    await sleep(2000);
    await society.ask({ order: "count", events: true });
    const { events, at } = await society.window(length);
    await society.ask({ order: "count", events: false });
    printNote(`${callsPerSecond.toFixed(0)} calls/s are ${(events / at).toFixed(0)} events/s`);
    // A rate that brings no more events only fills the queues.
    if (events / at < 1.2 * best.events) break;
    best = { events: events / at, callsPerSecond };
    callsPerSecond *= Math.min(4, Math.max(0.25, wantedEvents / Math.max(1, best.events)));
    if (best.events > 0.8 * wantedEvents) break;
  }
  await society.ask({ order: "rate", callsPerSecond: best.callsPerSecond });
};

/** Stands for the newest question that has ended. */
const newest = ":newest";

/** A view by its address, and what it shows once it is there. */
const views = [
  ["society", ".card svg"],
  ["society/agent-0", ".statechart-trail"],
  ["questions", ".question-table"],
  [`questions/${newest}`, ".solution"],
  [`questions/${newest}?tab=sequence`, ".sequence svg"],
  ["growth", ".plot canvas"],
  ["training", "main h2, main .nothing"],
  ["history", "main h2, main .nothing"],
] as const;

/** Undefined while no question has ended. */
const addressOf = async (url: string, view: string): Promise<string | undefined> => {
  if (!view.includes(newest)) return `${url}#/${view}`;
  const list = await fetch(new URL("api/questions?limit=40", url));
  const { lines } = (await list.json()) as QuestionList;
  const line = lines.find(({ solutions }) => solutions > 0);
  return line && `${url}#/${view.replace(newest, encodeURIComponent(line.question))}`;
};

interface ViewFigures {
  readonly events: number;
  readonly fps: number;
  readonly core: number;
  readonly pageCore: number;
  readonly bytes: number;
  /** From navigation until the view shows its content [s]. */
  readonly opened: number;
}

const coreOf = ({ cpu, at }: Reading): number => cpu / 1e6 / at;

/** How long a page may take to load, and a view to show its content [ms]. */
const patience = 120_000;

const measureSmoothness = async (actors: number): Promise<void> => {
  const society = new Society(actors, false);
  const profile = mkdtempSync(join(tmpdir(), "agora-bench-browser-"));
  const options = { executablePath: values.browser, headless: true, args: flags };
  const viewport = { width: 1280, height: 800 };
  const browser = await chromium.launchPersistentContext(profile, { ...options, viewport });
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(patience);
  try {
    await adjustPace(society);
    const { url } = await society.ask({ order: "open" });
    const gauges = await gaugesOf(page);
    const results = new Map<string, ViewFigures[]>();
    const measure = async (
      view: string,
      sign: string,
      without: Reading,
    ): Promise<ViewFigures | undefined> => {
      const address = await addressOf(url, view);
      if (address === undefined) {
        printNote(`${actors} agents, ${view}: no question has ended yet`);
        return undefined;
      }
      const begun = performance.now();
      await page.goto(address);
      await page.waitForSelector(sign);
      const opened = (performance.now() - begun) / 1000;
      await society.ask({ order: "count", events: true });
      await sleep(settling * 1000);
      const [before, rested] = [gauges.bytes(), await gauges.worked()];
      const [during, fps] = await Promise.all([
        society.window(2 * seconds),
        framesPerSecond(page, 2 * seconds),
      ]);
      const worked = (await gauges.worked()) - rested;
      await society.ask({ order: "count", events: false });
      const core = coreOf(during) - coreOf(without);
      const pageCore = worked / during.at;
      printNote(
        `${actors} agents, ${view}: ${fps.toFixed(1)} frames/s, ${coreOf(without).toFixed(3)} → ${coreOf(during).toFixed(3)} cores, ` +
          `${(without.messages / without.at).toFixed(0)} → ${(during.messages / during.at).toFixed(0)} messages/s, ` +
          `${during.megabytes.toFixed(0)} MB, open after ${opened.toFixed(1)} s`,
      );
      const received = (gauges.bytes() - before) / during.at;
      return { events: during.events / during.at, fps, core, pageCore, bytes: received, opened };
    };
    for (let turn = 0; turn < turns; turn++) {
      for (const [view, sign] of views) {
        await page.goto("about:blank");
        await sleep(settling * 1000);
        const without = await society.window(2 * seconds);
        const figures = await measure(view, sign, without);
        if (figures !== undefined) results.set(view, [...(results.get(view) ?? []), figures]);
      }
    }
    for (const [view, figures] of results) {
      const middle = (figure: keyof ViewFigures) => rounded(median(figures.map((one) => one[figure])));
      printResult("page", {
        ...{ actors, view, events_per_s: middle("events"), fps: middle("fps"), server_core: middle("core") },
        ...{ page_core: middle("pageCore"), bytes_per_s: middle("bytes"), opened_s: middle("opened") },
      });
    }
  } finally {
    await browser.close();
    await society.stop();
    rmSync(profile, { recursive: true, force: true });
  }
};

const sizes = (text: string): number[] => text.split(",").map(Number);

if (values.only.includes("overhead"))
  for (const agents of sizes(values.agents)) await measureOverhead(agents);
if (values.only.includes("smoothness"))
  for (const actors of sizes(values.actors)) await measureSmoothness(actors);
