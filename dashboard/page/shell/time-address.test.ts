import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { followAddress } from "../route.ts";
import { readFrom } from "../state/api.ts";
import { moment, newestAt, playing, seek } from "../state/playback.ts";
import { followTime } from "./time-address.ts";

const location = { hash: "" };
const heard: (() => void)[] = [];

vi.stubGlobal("location", location);
vi.stubGlobal("history", {
  replaceState: (_: unknown, __: string, hash: string) => Object.assign(location, { hash }),
});
vi.stubGlobal("addEventListener", (_: string, listener: () => void) => heard.push(listener));
readFrom(() => new Promise(() => {}));
followAddress();

/** A link, or the browser's way back. */
const open = (hash: string): void => {
  location.hash = hash;
  for (const listener of heard) listener();
};

beforeAll(() => {
  vi.useFakeTimers();
  newestAt.value = 1_000_000;
  followTime();
});

beforeEach(() => {
  playing.value = false;
  seek(1000);
  vi.advanceTimersByTime(500);
});

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the address follows the time at every speed", () => {
  expect(location.hash).toBe("#/society?t=1000");
  playing.value = true;
  // Ten times a second, a second of the run each.
  for (let tick = 1; tick <= 30; tick += 1) {
    seek(1000 + 1000 * tick);
    vi.advanceTimersByTime(100);
    const shown = Number(location.hash.split("=")[1]);
    expect(1000 + 1000 * tick - shown).toBeLessThanOrEqual(5000);
  }
  vi.advanceTimersByTime(400);
  expect(location.hash).toBe("#/society?t=31000");
});

test("a link sets the time, but the way back does not set back a time that moves", () => {
  open("#/growth?t=5000");
  expect(moment.value).toBe(5000);
  playing.value = true;
  seek(9000);
  open("#/questions");
  vi.advanceTimersByTime(400);
  expect(location.hash).toBe("#/questions?t=9000");
  open("#/growth?t=5000");
  expect(moment.value).toBe(9000);
  vi.advanceTimersByTime(400);
  expect(location.hash).toBe("#/growth?t=9000");
});
