/**
 * Whether memory stays bounded: a scripted society plays for `--minutes`, with endpoints whose answers take from none
 * to `--latency` seconds, with its page, with a viewer that reads one byte and then stalls, and with one that reads.
 * Over NATS (`--bus nats`) the server is killed and restarted every `--outage` seconds (0: never).
 *
 * Prints one JSON line per sample, after a full garbage collection, with the heap's data and the compiled code apart,
 * and a last one with the slope of the data over the second half (least squares, with its standard error) in MB per hour
 * and per 1,000 settled questions, and how many questions have settled as heard and as recorded: they differ if one was
 * lost or heard twice. Run it as `npm run soak`, which exposes the garbage collector.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { getHeapSpaceStatistics } from "node:v8";
import { startRun } from "../cli/host/host.ts";
import { scriptedParts, soundScript } from "../cli/host/scripted-society.ts";
import { FeedWriter } from "../dashboard/live/feed-writer.ts";
import { judgeOf } from "../dashboard/record/judge.ts";
import { type Page, servePage } from "../dashboard/server/server.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import { connectNatsBus } from "../runtime/bus/bus-nats.ts";
import { startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import { type Config, loadConfig } from "../runtime/config/config.ts";
import { JournalReader } from "../runtime/journal/journal-reader.ts";
import type { Script } from "../runtime/model/scripted.ts";
import { printNote, printResult, rounded } from "./result.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    agents: { type: "string", default: "4" },
    every: { type: "string", default: "15" },
    latency: { type: "string", default: "0.05" },
    bus: { type: "string", default: "memory" },
    outage: { type: "string", default: "60" },
  },
});
const [minutes, agents, every, latency] = [values.minutes, values.agents, values.every, values.latency].map(
  Number,
) as [number, number, number, number];

const configOf = (runsFolder: string): Config =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run: "soak", runsFolder, preset: "paper", pack: "pocket", rounds: 1e9, updates: 1e9 },
      ...{ bufferThreshold: 64, phaseTimeoutSeconds: 30, callTimeoutSeconds: 20 },
      models: Array.from({ length: agents }, (_, index) => ({
        name: `agent-${index}`,
        model: "scripted",
        endpoint: "http://127.0.0.1:9/v1",
      })),
    },
  });

/** Answers after a time of its own, between none and `latency`. */
const slowed = (script: Script): Script =>
  Object.fromEntries(
    Object.entries(script).map(([role, answer]) => [
      role,
      (call) => {
        const reply = typeof answer === "function" ? answer(call) : "";
        const given = typeof reply === "string" ? { text: reply } : reply;
        return { ...given, delaySeconds: Math.random() * latency };
      },
    ]),
  );

let outages = 0;

const openBus = async (folder: string) => {
  if (values.bus === "memory") return { bus: createMemoryBus(), stop: async () => {} };
  const server = await startNatsServer(["-js", "-sd", join(folder, "jetstream")]);
  const stopping = new AbortController();
  const breakOff = async (): Promise<void> => {
    const seconds = Number(values.outage);
    while (seconds > 0 && !stopping.signal.aborted) {
      await sleep(seconds * 1000, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      await server.kill();
      outages += 1;
      await sleep(2_000);
      await server.restart();
    }
  };
  const ended = breakOff();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
    await server.stop();
  };
  return { bus: await connectNatsBus({ servers: server.url }), stop };
};

/** A viewer of the event stream; one that stalls reads nothing after the headers. */
const watch = (page: Page, stalls: boolean): (() => void) => {
  const socket = connect(page.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET /feed HTTP/1.1\r\nHost: 127.0.0.1:${page.port}\r\nAccept: text/event-stream\r\n\r\n`);
  if (stalls) void once(socket, "readable").then(() => socket.read(1));
  else socket.resume();
  return () => void socket.destroy();
};

interface Sample {
  /** [s] */
  readonly at: number;
  readonly questions: number;
  /** Of data, without what the engine has compiled [MB]. */
  readonly heap: number;
}

/** Compiled code, which the engine makes and drops as it sees fit [MB]. */
const codeSize = (): number => {
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => /^(code|trusted)/.test(name));
  return spaces.reduce((sum, { space_used_size: used }) => sum + used, 0) / 1e6;
};

/** Least squares of `y` over `x`: the slope and its standard error, as if samples were independent. */
const slopeOf = (points: readonly (readonly [x: number, y: number])[]): readonly [number, number] => {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = covariance / spread;
  const residual = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return [slope, Math.sqrt(residual / (points.length - 2) / spread)];
};

const collect = globalThis.gc;
if (collect === undefined) throw new Error("the garbage collector is not exposed: run it as npm run soak");

const folder = mkdtempSync(join(tmpdir(), "agora-soak-"));
const { bus, stop } = await openBus(folder);
const config = configOf(folder);
/** Seeds as far apart that no two agents pose the same questions in a long run. */
const scripts = Object.fromEntries(
  config.models.map(({ name }, index) => [name, slowed(soundScript(31 * index))]),
);
const parts = scriptedParts(config, { scripts, bus });
const counts = { questions: 0, messages: 0, troubles: 0 };
let [page, feed]: [Page | undefined, FeedWriter | undefined] = [undefined, undefined];
const run = await startRun(
  {
    config,
    onTrouble: () => {
      counts.troubles += 1;
    },
    onMessage: (message) => {
      counts.messages += 1;
      if (message.type === "question.settled") counts.questions += 1;
      feed?.accept(message);
      page?.accept(message);
    },
  },
  parts,
);
feed = new FeedWriter(run.folder);
feed.start(run.house, () => page?.transitions());
page = await servePage({ folder: run.folder, house: run.house, judge: judgeOf(parts.task), port: 0 });
const leave = [watch(page, true), watch(page, false)];

const began = performance.now();
const samples: Sample[] = [];
const take = (): void => {
  collect();
  const { heapUsed, rss, external } = process.memoryUsage();
  const at = (performance.now() - began) / 1000;
  const code = codeSize();
  samples.push({ at, questions: counts.questions, heap: heapUsed / 1e6 - code });
  printResult("soak", {
    ...{ bus: values.bus, minute: rounded(at / 60), ...counts, viewers: page?.viewers ?? 0 },
    ...{
      heap_mb: rounded(heapUsed / 1e6 - code),
      code_mb: rounded(code),
      external_mb: rounded(external / 1e6),
      rss_mb: rounded(rss / 1e6),
    },
    journal_mb: rounded(statSync(join(run.folder, "run.db")).size / 1e6),
  });
};
let outcome = "played";
void run.ended.then((end) => {
  outcome = end.outcome;
  if (end.outcome === "failed") printNote(String(end.cause));
});
while ((performance.now() - began) / 60_000 < minutes && outcome === "played") {
  await sleep(every * 1000);
  take();
}
const half = samples.slice(Math.floor(samples.length / 2));
const fitted = (name: string, over: (sample: Sample) => number) => {
  const [slope, error] = slopeOf(half.map((sample) => [over(sample), sample.heap]));
  return { [name]: rounded(slope), [`${name}_error`]: rounded(error) };
};
const end = outcome;
for (const go of leave) go();
await run.close();
feed.close();
const journal = JournalReader.openReadOnly(run.folder);
const [row] = journal.rows("SELECT count(*) AS settled FROM records WHERE type = 'question.settled'");
journal.close();
printResult("soak", {
  ...{ bus: values.bus, outcome: end, minutes: rounded((samples.at(-1)?.at ?? 0) / 60) },
  ...{ samples: samples.length, outages, questions: counts.questions, recorded: Number(row?.settled) },
  ...fitted("heap_mb_per_hour", ({ at }) => at / 3600),
  ...fitted("heap_mb_per_1000_questions", ({ questions }) => questions / 1000),
});
await page.close();
await stop();
rmSync(folder, { recursive: true, force: true });
