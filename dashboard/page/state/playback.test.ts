/** The shown time of a run that was resumed. */
import { beforeAll, expect, test, vi } from "vitest";
import type { Frame, RunView } from "../../view.ts";
import { readFrom } from "./api.ts";
import { moment, newestAt, play, seek, start, startClock } from "./playback.ts";
import { shownAt, shownClock } from "./shown.ts";

const day = 86_400_000;
/** Played for a minute, and for another one a day later. */
const view: RunView = {
  ...{ run: "test", live: false, startedAt: 1000, newestAt: 121_000 + day, outcome: "3 rounds played" },
  ...{ breaks: [{ from: 61_000, to: 61_000 + day }], config: {}, aboutBenchmarks: {} },
};
const frameAt = (at: number): Frame => ({
  ...{ sequence: 0, at, agents: [], flows: [] },
  revisions: { agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
});
const untilOf = (path: string): number => Number(new URL(path, "http://page/").searchParams.get("until"));

beforeAll(async () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  readFrom(async (path) => JSON.stringify(path === "api/run" ? view : frameAt(untilOf(path))));
  await start();
});

test("the length of a run is that of its sessions", () => {
  expect([newestAt.value, moment.value]).toEqual([121_000, 121_000]);
});

test("a time after a break is asked for as it was on the clock", async () => {
  seek(71_000);
  await expect.poll(() => shownClock.value).toBe(71_000 + day);
  expect(shownAt.value).toBe(71_000);
  seek(51_000);
  await expect.poll(() => shownClock.value).toBe(51_000);
});

test("playback goes on without a pause where nobody played", async () => {
  vi.useFakeTimers();
  try {
    seek(60_900);
    startClock();
    play();
    await vi.advanceTimersByTimeAsync(1000);
    expect(moment.value).toBeGreaterThan(61_000);
    expect(moment.value).toBeLessThan(63_000);
    expect(shownClock.value).toBeGreaterThan(day);
  } finally {
    vi.useRealTimers();
  }
});
