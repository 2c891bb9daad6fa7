/** The page of a run that was forked or resumed: the time in which nobody played is no time of the run. */
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { runFolder } from "../cli/host/host.ts";
import { play, readRecords, societyConfig } from "../cli/host/society.fixture.ts";
import { afterTests } from "../runtime/closings.fixture.ts";
import type { Config } from "../runtime/config/config.ts";
import { Journal } from "../runtime/journal/journal.ts";
import type { Message } from "../runtime/messages.ts";
import { type ReadResource, recordedRun } from "./file/recorded-run.ts";
import { playedTime } from "./page/played-time.ts";
import { judge } from "./page.fixture.ts";
import { PageRun } from "./page-run.ts";
import type { Frame, TrainingView } from "./view.ts";

const day = 86_400_000;

/** What a process has recorded of a run that it played, at even times: on a busy machine one of its rounds may be long. */
let records: readonly Message[];
const closer = afterTests();
let config: Config;
beforeAll(async () => {
  config = societyConfig({ rounds: 3 }, {}, closer);
  await play(config);
  const played = readRecords(config);
  records = played.map((record, index) => ({ ...record, at: (played[0]?.at ?? 0) + 10 * index }));
}, 60_000);

const lengthOf = (some: readonly Message[]): number =>
  Math.max(...some.map(({ at }) => at)) - (some[0]?.at ?? 0);
const shifted = (some: readonly Message[], by: number): Message[] =>
  some.map((record) => ({ ...record, at: record.at + by }));

/** The page of a journal that was made a moment ago. */
const pageOf = (run: string, kept: readonly Message[]): PageRun => {
  const folder = runFolder({ ...config, run });
  const journal = Journal.create(folder, JSON.stringify({ ...config, run }));
  journal.append(kept);
  journal.close();
  const page = new PageRun({ folder, judge });
  onTestFinished(() => page.close());
  return page;
};

const forked = (at: number): Message[] => {
  const host = { from: "host", at };
  const parent = { parent: "test", records: records.length, changed: [] };
  return [
    { type: "run.forked", ...host, act: "f1", operator: "page", ...parent },
    { type: "run.extended", ...host, rounds: 9 },
  ];
};

const readerOf =
  (page: PageRun): ReadResource =>
  async <T>(path: string): Promise<T> => {
    const { pathname, searchParams } = new URL(path, "http://page/");
    const until = searchParams.has("until") ? Number(searchParams.get("until")) : undefined;
    const found: Readonly<Record<string, () => Promise<unknown>>> = {
      "/api/run": () => page.run(),
      "/api/frame": () => page.frame(until),
      "/api/training": (): Promise<TrainingView> => page.at(until, ({ training }) => training.view()),
    };
    return ((await found[pathname]?.()) ?? { lines: [] }) as T;
  };

test("a fork begins at the first of its records, and lasts as long as they were played", async () => {
  const page = pageOf("fork", [...shifted(records, -day), ...forked(Date.now())]);
  const { startedAt, newestAt, breaks } = await page.run();
  expect(startedAt).toBe((records[0]?.at ?? 0) - day);
  expect(playedTime(newestAt, breaks) - startedAt).toBe(lengthOf(records));
});

test("a page file shows a fork at every stage of its rounds, and as it is", async () => {
  const page = pageOf("filed", [...shifted(records, -day), ...forked(Date.now())]);
  const { times } = await recordedRun(readerOf(page), 40);
  const frames: Frame[] = [];
  for (const at of times) frames.push(await page.frame(at));
  const rounds = new Set(frames.map(({ headline }) => headline?.round));
  expect(rounds).toEqual(new Set([undefined, 0, 1, 2]));
  expect(frames[0]?.headline?.settled).toBe(0);
  const { forkedFrom } = await page.at(times.at(-1), ({ acts }) => acts.view());
  expect(forkedFrom).toMatchObject({ parent: "test" });
});

test("the time of a run that was resumed is that of its sessions", async () => {
  const [first, second] = [records.filter(({ type }) => type !== "run.finished"), shifted(records, day)];
  // A second session of the same run has other keys than the first.
  const again = second.filter(({ type }) => type === "agent.joined" || type === "run.finished");
  const { headline } = await pageOf("resumed", [...first, ...again]).frame(undefined);
  expect(headline?.seconds).toBeCloseTo((lengthOf(first) + lengthOf(again)) / 1000, 3);
});
