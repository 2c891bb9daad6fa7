import { describe, expect, test } from "vitest";
import { Limiter, type Outcome, type Release } from "./limiter.ts";

const { signal } = new AbortController();
const good = (seconds = 1, series = "ant:solver"): Outcome => ({ kind: "done", series, seconds, tokens: 0 });
const take = (limiter: Limiter, count: number): Promise<Release[]> =>
  Promise.all(Array.from({ length: count }, () => limiter.acquire(signal)));
/** Repeatedly acquires all permits and releases them. */
const rounds = async (limiter: Limiter, count: number, outcome: () => Outcome): Promise<void> => {
  for (let round = 0; round < count; round++) {
    for (const release of await take(limiter, limiter.limit)) release(outcome());
  }
};

describe("permits", () => {
  test("at most `limit` permits are held; waiters are served in order", async () => {
    const limiter = new Limiter({ start: 2, max: 2 });
    const [first] = await take(limiter, 2);
    const order: number[] = [];
    const waiters = [1, 2, 3].map(async (index) => {
      const release = await limiter.acquire(signal);
      order.push(index);
      release({ kind: "other" });
    });
    await Promise.resolve();
    expect([limiter.inFlight, limiter.waiting]).toEqual([2, 3]);
    expect(order).toEqual([]);
    first?.({ kind: "other" });
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect([limiter.inFlight, limiter.waiting]).toEqual([1, 0]);
  });

  test("of the waiters the most urgent is served first, and among equals the first that came", async () => {
    const limiter = new Limiter({ start: 1, max: 1 });
    const [first] = await take(limiter, 1);
    const order: string[] = [];
    const waiters = [0, 2, 1, 2].map(async (urgency, index) => {
      const release = await limiter.acquire(signal, urgency);
      order.push(`${urgency}: ${index}`);
      release({ kind: "other" });
    });
    expect(limiter.waiting).toBe(4);
    first?.({ kind: "other" });
    await Promise.all(waiters);
    expect(order).toEqual(["2: 1", "2: 3", "1: 2", "0: 0"]);
    expect([limiter.inFlight, limiter.waiting]).toEqual([0, 0]);
  });

  test("a new call cannot overtake a waiter that was just admitted", async () => {
    const limiter = new Limiter({ start: 1, max: 1 });
    const [first] = await take(limiter, 1);
    const order: string[] = [];
    const waiter = limiter.acquire(signal).then((release) => {
      order.push("waiter");
      release({ kind: "other" });
    });
    first?.({ kind: "other" });
    const newcomer = limiter.acquire(signal).then(() => order.push("newcomer"));
    await Promise.all([waiter, newcomer]);
    expect(order).toEqual(["waiter", "newcomer"]);
  });

  test("an aborted waiter leaves the queue immediately, and the next one advances", async () => {
    const limiter = new Limiter({ start: 1, max: 1 });
    const [first] = await take(limiter, 1);
    const controller = new AbortController();
    const leaver = limiter.acquire(controller.signal);
    const next = limiter.acquire(signal);
    expect(limiter.waiting).toBe(2);
    controller.abort("gone");
    expect(limiter.waiting).toBe(1);
    await expect(leaver).rejects.toBe("gone");
    first?.({ kind: "other" });
    await expect(next).resolves.toBeTypeOf("function");
    expect(limiter.inFlight).toBe(1);
  });

  test("acquire rejects if the signal is already aborted", async () => {
    const limiter = new Limiter();
    await expect(limiter.acquire(AbortSignal.abort("over"))).rejects.toBe("over");
    expect([limiter.inFlight, limiter.waiting]).toEqual([0, 0]);
  });

  test("a second release of a permit does nothing", async () => {
    const limiter = new Limiter();
    const [release] = await take(limiter, 2);
    release?.({ kind: "other" });
    release?.({ kind: "other" });
    expect(limiter.inFlight).toBe(1);
  });
});

describe("adaptation", () => {
  /** The limits seen while so many good calls end one by one, each followed by another. */
  const limitsSeen = async (limiter: Limiter, calls: number): Promise<number[]> => {
    const seen = [limiter.limit];
    const held = await take(limiter, limiter.limit);
    for (let call = 0; call < calls; call++) {
      held.shift()?.(good());
      held.push(...(await take(limiter, limiter.limit - limiter.inFlight)));
      seen.push(limiter.limit);
    }
    for (const release of held) release({ kind: "other" });
    return seen;
  };

  test("before the first decrease every good call raises a limit in use by one, up to its maximum", async () => {
    expect(await limitsSeen(new Limiter({ start: 2, max: 5 }), 5)).toEqual([2, 3, 4, 5, 5, 5]);
  });

  test("after a decrease `limit` good calls raise it by one", async () => {
    const limiter = new Limiter({ start: 4, max: 5 });
    for (const release of await take(limiter, 4)) release({ kind: "busy" });
    expect(await limitsSeen(limiter, 10)).toEqual([2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5]);
  });

  test("an unused limit does not grow", async () => {
    const limiter = new Limiter({ start: 4 });
    for (let call = 0; call < 50; call++) (await limiter.acquire(signal))(good());
    expect(limiter.limit).toBe(4);
  });

  test("a 429 halves the limit, once for all calls that began under the same limit", async () => {
    const limiter = new Limiter({ start: 16, max: 16 });
    for (const release of await take(limiter, 16)) release({ kind: "busy" });
    expect(limiter.limit).toBe(8);
    for (const release of await take(limiter, 8)) release({ kind: "busy" });
    expect(limiter.limit).toBe(4);
  });

  test("the limit never falls below its minimum", async () => {
    const limiter = new Limiter({ start: 8, min: 3 });
    await rounds(limiter, 10, () => ({ kind: "busy" }));
    expect(limiter.limit).toBe(3);
  });

  test("a call much slower than the fastest lowers the limit by a tenth", async () => {
    const limiter = new Limiter({ start: 20, max: 20, tolerance: 8 });
    await rounds(limiter, 1, () => good(1));
    await rounds(limiter, 1, () => good(7.9));
    expect(limiter.limit).toBe(20);
    await rounds(limiter, 1, () => good(8.1));
    expect(limiter.limit).toBe(18);
  });

  test("durations are compared per token, within one series", async () => {
    const limiter = new Limiter({ start: 20, max: 20 });
    await rounds(limiter, 1, () => good(1, "small:solver"));
    await rounds(limiter, 1, () => good(50, "large:solver"));
    await rounds(limiter, 1, () => ({ kind: "done", series: "small:solver", seconds: 50, tokens: 800 }));
    expect(limiter.limit).toBe(20);
  });

  test("a minimum expires after the window", async () => {
    const limiter = new Limiter({ start: 20, max: 20 });
    await rounds(limiter, 1, () => good(1));
    await rounds(limiter, 10, () => good(4));
    await rounds(limiter, 1, () => good(20));
    expect(limiter.limit).toBe(20);
  });

  test("aborted calls do not change the limit", async () => {
    const limiter = new Limiter({ start: 4 });
    await rounds(limiter, 20, () => ({ kind: "other" }));
    expect(limiter.limit).toBe(4);
  });
});
