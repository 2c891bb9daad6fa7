import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Work } from "../machines/work.ts";
import type { WorkEnded } from "../machines/work-order.ts";
import type { Draft } from "../runtime/messages.ts";
import { doWork, type Perform, PermanentError } from "./attempts.ts";

const work: Work = { kind: "solve", id: "solve:q", question: "q", text: "2+2", group: [], exemplars: [] };
const draft: Draft = { type: "solution.withheld", question: "q", author: "ant", cause: "test" };

/** One piece of work and how it ended. */
const tasked = (effect: Perform, attempts = 2) => {
  const ended: WorkEnded[] = [];
  const signals: AbortSignal[] = [];
  const perform: Perform = (attempt, signal) => {
    signals.push(signal);
    return effect(attempt, signal);
  };
  const stopping = new AbortController();
  const order = { work, attempts, timeoutSeconds: 10 };
  void doWork(order, perform, stopping.signal).then((end) => ended.push(end));
  return { ended, signals, stop: () => stopping.abort() };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));
const hanging: Perform = () => new Promise(() => {});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe("a piece of work", () => {
  test("ends with what it made", async () => {
    const { ended, signals } = tasked(async () => [draft]);
    await settled();
    expect(ended).toEqual([{ type: "work.ended", work, outcome: "done", drafts: [draft] }]);
    expect(signals).toHaveLength(1);
  });

  test("is tried again, each attempt counted", async () => {
    const attempts: number[] = [];
    const { ended } = tasked(async ({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 0) throw new Error("unparsable");
      return [draft];
    });
    await settled();
    expect(attempts).toEqual([0, 1]);
    expect(ended[0]?.outcome).toBe("done");
  });

  test("fails with its last cause once its attempts are spent", async () => {
    const { ended, signals } = tasked(async ({ attempt }) => {
      throw new Error(`failure ${attempt}`);
    }, 3);
    await settled();
    expect(signals).toHaveLength(3);
    expect(ended).toEqual([{ type: "work.ended", work, outcome: "failed", cause: "failure 2" }]);
  });

  test("is not tried again after a permanent failure", async () => {
    const { ended, signals } = tasked(async () => {
      throw new PermanentError("never");
    });
    await settled();
    expect(signals).toHaveLength(1);
    expect(ended[0]).toMatchObject({ outcome: "failed", cause: "never" });
  });

  test("fails with the cause if its effect throws before it returns a promise", async () => {
    const { ended } = tasked(() => {
      throw new Error("at once");
    });
    await settled();
    expect(ended[0]).toMatchObject({ outcome: "failed", cause: "at once" });
  });

  test("is aborted after its time, tried again, then given up", async () => {
    const { ended, signals } = tasked(hanging);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(ended).toEqual([{ type: "work.ended", work, outcome: "failed", cause: "no reply within 10 s" }]);
  });

  test("aborts its call and makes no further attempt when it is stopped", async () => {
    const { ended, signals, stop } = tasked(hanging);
    stop();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(ended).toMatchObject([{ outcome: "failed" }]);
  });

  test("leaves no timer behind, and ignores calls that fail late", async () => {
    const late = Promise.withResolvers<readonly Draft[]>();
    const { ended } = tasked(() => late.promise, 1);
    await vi.advanceTimersByTimeAsync(10_000);
    late.reject(new Error("too late"));
    await settled();
    expect(ended).toMatchObject([{ cause: "no reply within 10 s" }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
