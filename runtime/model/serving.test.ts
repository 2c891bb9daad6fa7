import { describe, expect, test } from "vitest";
import { PrefixCache, tokensIn } from "./prefix-cache.fixture.ts";
import { type LatencyProfile, Overloaded, Serving, unloadedSeconds } from "./serving.fixture.ts";
import type { ServingClock } from "./serving-clock.fixture.ts";

/** A clock that stands still until the test lets time pass. */
class ManualClock implements ServingClock {
  readonly #alarms = new Set<{ readonly at: number; readonly run: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  realSeconds(seconds: number): number {
    return seconds;
  }

  wake(at: number, run: () => void): () => void {
    const alarm = { at, run };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** Timers ring in order, up to so much later [s]. */
  async pass(seconds: number): Promise<void> {
    const end = this.#now + seconds;
    for (;;) {
      const [next] = [...this.#alarms].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /** Time passes, but no timer rings: the process was busy. */
  stall(seconds: number): void {
    this.#now += seconds;
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

const profile: LatencyProfile = {
  ...{ slots: 2, queue: 2, prefillRate: 1000, decodeRate: { alone: 100, full: 50 } },
  ...{ cacheBlocks: 100, adapterSeconds: 3 },
};
const never = new AbortController().signal;

/** A prompt of so many tokens that shares no block with others. */
const promptOf = (tokens: number, name = ""): string => name.padEnd(4 * tokens, ".");

const start = (more: Partial<LatencyProfile> = {}) => {
  const clock = new ManualClock();
  const serving = new Serving({ ...profile, ...more }, clock);
  const done: string[] = [];
  const ask = (name: string, prompt: number, completions: number[], signal = never) => {
    const request = { label: "solver", prompt: promptOf(prompt, name), adapter: "base", completions };
    const served = serving.serve(request, signal);
    served.then(
      () => done.push(name),
      () => {},
    );
    return served;
  };
  return { clock, serving, ask, done };
};

describe("rates", () => {
  test("a sequence alone takes its prefill and its decoding", async () => {
    const { clock, ask, done } = start();
    const served = ask("a", 500, [100]);
    await clock.pass(1.499);
    expect(done).toEqual([]);
    await clock.pass(0.002);
    expect(await served).toEqual({ promptTokens: 500, cachedTokens: 0, completionTokens: 100 });
    expect(unloadedSeconds(profile, 500, 100)).toBeCloseTo(1.5);
  });

  test("a full batch decodes each sequence more slowly, and goes faster again once it has thinned", async () => {
    const { clock, ask, done } = start({ prefillRate: 1e9 });
    void ask("long", 1, [100]);
    void ask("short", 1, [50]);
    await clock.pass(0.99);
    expect(done).toEqual([]);
    await clock.pass(0.02);
    expect(done).toEqual(["short"]);
    await clock.pass(0.47);
    expect(done).toEqual(["short"]);
    await clock.pass(0.04);
    expect(done).toEqual(["short", "long"]);
  });

  test("prefills share one rate", async () => {
    const { clock, serving, ask } = start();
    void ask("a", 1000, [1]);
    void ask("b", 1000, [1]);
    await clock.pass(1);
    expect(serving.counts().computedTokens).toBe(1000);
  });

  test("an adapter takes its time to load", async () => {
    const { clock, serving } = start();
    let isLoaded = false;
    void serving.load().then(() => {
      isLoaded = true;
    });
    await clock.pass(2.9);
    expect(isLoaded).toBe(false);
    await clock.pass(0.2);
    expect(isLoaded).toBe(true);
  });
});

describe("the queue", () => {
  test("sequences beyond the slots wait, first come, first served", async () => {
    const { clock, serving, ask, done } = start({ prefillRate: 1e9 });
    for (const [name, tokens] of [
      ["a", 50],
      ["b", 100],
      ["c", 10],
      ["d", 10],
    ] as const)
      void ask(name, 1, [tokens]);
    expect([serving.running, serving.waiting]).toEqual([2, 2]);
    await clock.pass(10);
    expect(done).toEqual(["a", "c", "d", "b"]);
  });

  test("a request without room is refused, and says when a slot is free", async () => {
    const { clock, serving, ask } = start({ prefillRate: 1e9 });
    void ask("a", 1, [100]);
    void ask("b", 1, [100, 100, 100]);
    await clock.pass(0.5);
    const refused = await ask("c", 1, [1]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Overloaded);
    expect((refused as Overloaded).retryAfterSeconds).toBeCloseTo(1.5);
    expect(serving.counts()).toMatchObject({ requests: 3, refused: 1 });
    await clock.pass(1.51);
    void ask("d", 1, [1, 1]);
    expect([serving.running, serving.waiting]).toEqual([2, 2]);
  });

  test("an abort frees the slot at once, and what was computed is counted", async () => {
    const { clock, serving, ask, done } = start({ slots: 1, prefillRate: 1e9 });
    const controller = new AbortController();
    const aborted = ask("a", 1, [1000], controller.signal);
    void ask("b", 1, [10]);
    await clock.pass(1);
    controller.abort("gone");
    await expect(aborted).rejects.toBe("gone");
    expect([serving.running, serving.waiting]).toEqual([1, 0]);
    await clock.pass(0.21);
    expect(done).toEqual(["b"]);
    expect(serving.counts()).toMatchObject({ aborted: 1, completionTokens: 60 });
  });

  test("slots change hands on time although the timers are late", async () => {
    const { clock, serving, ask } = start({ slots: 1, prefillRate: 1e9 });
    void ask("a", 1, [50]);
    void ask("b", 1, [50]);
    clock.stall(3);
    expect(serving.counts()).toMatchObject({ completionTokens: 100 });
    expect(serving.counts().busySlotSeconds).toBeCloseTo(2);
  });
});

describe("counts", () => {
  test("work is what a full batch would take for the same tokens", async () => {
    const { clock, serving, ask } = start();
    void ask("a", 500, [100]);
    await clock.pass(2);
    expect(serving.counts().busySlotSeconds).toBeCloseTo(1.5);
    expect(serving.counts().workSlotSeconds).toBeCloseTo(2.5);
  });

  test("each label has its own, and all together are their sum", async () => {
    const { clock, serving } = start();
    const ask = (label: string, prompt: string) =>
      serving.serve({ label, prompt, adapter: "base", completions: [10] }, never);
    const both = Promise.all([ask("solver", promptOf(32, "a")), ask("voter", promptOf(48, "b"))]);
    await clock.pass(5);
    await both;
    const counts = serving.countsByLabel();
    expect(counts.get("solver")).toMatchObject({ requests: 1, computedTokens: 32, completionTokens: 10 });
    expect(counts.get("voter")).toMatchObject({ requests: 1, computedTokens: 48, completionTokens: 10 });
    expect(serving.counts()).toMatchObject({ requests: 2, computedTokens: 80, completionTokens: 20 });
  });

  test("what the prefix cache holds is not computed again; choices share their prompt", async () => {
    const { clock, serving } = start({ slots: 4 });
    const ask = (adapter: string) =>
      serving.serve({ label: "solver", prompt: promptOf(40), adapter, completions: [1, 1] }, never);
    const first = ask("base");
    await clock.pass(1);
    expect(await first).toMatchObject({ promptTokens: 40, cachedTokens: 0 });
    expect(serving.counts()).toMatchObject({ cachedTokens: 32, computedTokens: 48 });
    const again = ask("base");
    await clock.pass(1);
    expect(await again).toMatchObject({ cachedTokens: 32 });
    const other = ask("base@v1");
    await clock.pass(1);
    expect(await other).toMatchObject({ cachedTokens: 0 });
  });
});

describe("the prefix cache", () => {
  const blocks = (...names: string[]) => names.map((name) => name.padEnd(64, "-")).join("");

  test("finds the longest common prefix in whole blocks", () => {
    const cache = new PrefixCache(100);
    expect(cache.admit(`${blocks("a", "b", "c")}tail`, "base")).toBe(0);
    expect(cache.admit(`${blocks("a", "b", "x")}tail`, "base")).toBe(32);
    expect(cache.admit(`${blocks("x", "b", "c")}tail`, "base")).toBe(0);
    expect(tokensIn(blocks("a"))).toBe(16);
  });

  test("leaves the last token to compute", () => {
    const cache = new PrefixCache(100);
    cache.admit(blocks("a", "b"), "base");
    expect(cache.admit(blocks("a", "b"), "base")).toBe(16);
  });

  test("evicts what was not used for longest", () => {
    const cache = new PrefixCache(2);
    cache.admit(`${blocks("a")}.`, "base");
    cache.admit(`${blocks("b")}.`, "base");
    expect(cache.admit(`${blocks("a")}.`, "base")).toBe(16);
    cache.admit(`${blocks("c")}.`, "base");
    expect(cache.admit(`${blocks("a")}.`, "base")).toBe(16);
    expect(cache.admit(`${blocks("b")}.`, "base")).toBe(0);
    expect(new PrefixCache(0).admit(`${blocks("a")}.`, "base")).toBe(0);
  });
});
