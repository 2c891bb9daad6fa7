/** A page that shows an earlier time while its run ends. */
import { beforeAll, expect, test, vi } from "vitest";
import type { Frame, RunView } from "../../view.ts";
import { notice, stateOf } from "../shell/header.ts";
import { follow, isFollowing, isLive, moment, seek, start } from "./playback.ts";
import { ended, shownClock } from "./shown.ts";

const view: RunView = {
  ...{ run: "test", live: true, startedAt: 1000, newestAt: 9000 },
  ...{ breaks: [], config: {}, aboutBenchmarks: {} },
};
const frameOf = (at: number, more: Partial<Frame> = {}): Frame => ({
  ...{ sequence: 0, at, agents: [], flows: [], ...more },
  revisions: { agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
});

class Stream extends EventTarget {
  static newest: Stream | undefined;
  onopen: (() => void) | undefined;
  onmessage: ((event: { readonly data: string }) => void) | undefined;
  constructor() {
    super();
    Stream.newest = this;
  }
  send(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(): void {}
}

beforeAll(async () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal("fetch", async (path: string) => {
    const until = new URL(path, "http://page/").searchParams.get("until");
    return Response.json(until === null ? view : frameOf(Number(until)));
  });
  await start();
  Stream.newest?.onopen?.();
});

test("a run that ends meanwhile is not live any more, though the shown time has no end", async () => {
  Stream.newest?.send(frameOf(9000));
  seek(2000);
  await expect.poll(() => shownClock.value).toBe(2000);
  expect([isLive.value, isFollowing.value]).toEqual([true, false]);
  expect(notice()).toContain("the run itself goes on");
  Stream.newest?.send(frameOf(9500, { ended: "3 rounds played" }));
  expect([isLive.value, ended.value, moment.value]).toEqual([false, undefined, 2000]);
  expect([stateOf().text, notice()]).toEqual(["replay", undefined]);
});

test("the frames of another process after it bring it back to life", () => {
  Stream.newest?.send(frameOf(9900));
  expect(isLive.value).toBe(true);
});

test("the end is shown where it is", () => {
  follow();
  Stream.newest?.onopen?.();
  Stream.newest?.send(frameOf(9950, { ended: "3 rounds played" }));
  expect([isLive.value, ended.value, stateOf().text]).toEqual([false, "3 rounds played", "ended"]);
});
