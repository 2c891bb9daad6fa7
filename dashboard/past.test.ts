import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { HouseWindow } from "../actors/house.ts";
import { runFolder } from "../cli/host/host.ts";
import { societyConfig } from "../cli/host/society.fixture.ts";
import { afterTests } from "../runtime/closings.fixture.ts";
import type { Config } from "../runtime/config/config.ts";
import { judge } from "./page.fixture.ts";
import { PageRun } from "./page-run.ts";
import { Past } from "./past.ts";
import { Chronicle } from "./record/chronicle.ts";
import { chronicleOf, playRecorded } from "./recorded-run.fixture.ts";
import { Pictures } from "./views/pictures.ts";

const emptyHouse: HouseWindow = { residents: () => [], watch: () => () => {} };
const sources = { judge, learnChart: () => "chart" };

const closer = afterTests();
let config: Config;
beforeAll(async () => {
  config = societyConfig({ rounds: 3, questionsPerRound: 4, bufferThreshold: 4 }, {}, closer);
  await playRecorded(config);
}, 60_000);
afterEach(() => vi.useRealTimers());

const pageOf = (house?: HouseWindow): PageRun => {
  const page = new PageRun({ folder: runFolder(config), judge, house });
  onTestFinished(() => page.close());
  return page;
};

type View = (page: PageRun, until: number | undefined) => Promise<unknown>;

const questionsAt = (page: PageRun, until: number | undefined) =>
  page.questions({ limit: 50, offset: 0 }, until);
const growthAt = (page: PageRun, until: number | undefined) => page.at(until, ({ growth }) => growth.view());
const views: readonly View[] = [questionsAt, growthAt];

test("the page of a playing run shows earlier times as a replay does", async () => {
  const { facts } = await chronicleOf(config);
  const times = facts.map(({ at }) => at);
  const [live, replay] = [pageOf(emptyHouse), pageOf()];
  for (const share of [0.7, 0.3, 0.5]) {
    const until = times[Math.floor(share * times.length)] ?? 0;
    for (const view of views) expect(await view(live, until)).toEqual(await view(replay, until));
    expect((await live.frame(until)).headline).toEqual((await replay.frame(until)).headline);
  }
  expect(await growthAt(live, undefined)).toEqual(await growthAt(replay, undefined));
  const [line] = (await questionsAt(live, undefined)).lines;
  if (line === undefined) throw new Error("no question has ended");
  expect((await replay.question(line.question, undefined))?.told).not.toEqual([]);
  expect(await live.question(line.question, undefined)).toEqual(
    await replay.question(line.question, undefined),
  );
});

test("requests for different times at once do not see one another's pictures", async () => {
  const { facts } = await chronicleOf(config);
  const times = [0.2, 0.4, 0.6, 0.8].map((share) => facts[Math.floor(share * facts.length)]?.at);
  const all: readonly View[] = [...views, (page, until) => page.frame(until)];
  for (const page of [pageOf(emptyHouse), pageOf()]) {
    const requests = times.flatMap((until) => all.map((view) => ({ until, view })));
    const together = await Promise.all(requests.map(({ until, view }) => view(page, until)));
    for (const [index, { until, view }] of requests.entries()) {
      expect(together[index]).toEqual(await view(page, until));
    }
  }
});

test("a passing chronicle holds nothing that its newest picture has taken", async () => {
  const whole = await chronicleOf(config);
  const passing = Chronicle.open(runFolder(config), { ...sources, isPassing: true });
  onTestFinished(() => passing.close());
  await passing.read();
  expect([passing.facts.length, passing.feed.length]).toEqual([whole.facts.length, whole.feed.length]);
  const pictures = new Pictures(passing);
  const seen = pictures.newest().growth.view();
  expect([passing.facts, passing.feed]).toEqual([[], []]);
  expect(seen).toEqual(new Pictures(whole).newest().growth.view());
  await passing.read();
  expect(pictures.newest().growth.view()).toEqual(seen);
});

describe("the past", () => {
  test("is read when somebody looks, and dropped a minute after the last look", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const past = new Past(() => {
      const chronicle = Chronicle.open(runFolder(config), sources);
      return { chronicle, pictures: new Pictures(chronicle) };
    });
    onTestFinished(() => past.drop());
    expect(past.isKept).toBe(false);
    const first = await past.look();
    expect(first.chronicle.facts.length).toBeGreaterThan(0);
    vi.advanceTimersByTime(40_000);
    expect(await past.look()).toBe(first);
    vi.advanceTimersByTime(40_000);
    expect(past.isKept).toBe(true);
    vi.advanceTimersByTime(40_000);
    expect(past.isKept).toBe(false);
    expect(await past.look()).not.toBe(first);
  });
});
