import { describe, expect, test } from "vitest";
import { defaultPolicy, parseRetryAfter, type RetryClock, type RetryOptions, retry } from "./retry.ts";

const failing = (times: number, result = "done") => {
  let tries = 0;
  const attempt = async () => {
    if (tries++ < times) throw new Error(`failure ${tries}`);
    return result;
  };
  return { attempt, tries: () => tries };
};

const trial = (options: Partial<RetryOptions> = {}, random = 0) => {
  const slept: number[] = [];
  const clock: RetryClock = { sleep: async (seconds) => void slept.push(seconds), random: () => random };
  const { signal } = new AbortController();
  return { slept, options: { policy: defaultPolicy, signal, advise: () => ({}), clock, ...options } };
};

describe("retry", () => {
  test("returns the first success", async () => {
    const { slept, options } = trial();
    const task = failing(3);
    expect(await retry(task.attempt, options)).toBe("done");
    expect(task.tries()).toBe(4);
    expect(slept).toEqual([0.25, 0.5, 1]);
  });

  test("throws the last failure after the last attempt", async () => {
    const { slept, options } = trial({ policy: { ...defaultPolicy, attempts: 3 } });
    await expect(retry(failing(9).attempt, options)).rejects.toThrow("failure 3");
    expect(slept).toHaveLength(2);
  });

  test("delays are bounded, and randomly shortened by up to half", async () => {
    const policy = { ...defaultPolicy, attempts: 8 };
    const plain = trial({ policy });
    const lucky = trial({ policy }, 0.999_999);
    await retry(failing(7).attempt, plain.options);
    await retry(failing(7).attempt, lucky.options);
    expect(plain.slept).toEqual([0.25, 0.5, 1, 2, 4, 8, 8]);
    for (const [index, delay] of lucky.slept.entries()) {
      expect(delay).toBeCloseTo((plain.slept[index] ?? 0) / 2, 4);
    }
  });

  test("a failure without advice is not retried", async () => {
    const { slept, options } = trial({ advise: () => undefined });
    await expect(retry(failing(1).attempt, options)).rejects.toThrow("failure 1");
    expect(slept).toEqual([]);
  });

  test("a delay is never shorter than Retry-After", async () => {
    const { slept, options } = trial({ advise: () => ({ retryAfterSeconds: 6 }) }, 0.9);
    await retry(failing(2).attempt, options);
    expect(slept).toEqual([6, 6]);
  });

  test("a Retry-After over the bound ends the retries", async () => {
    const { slept, options } = trial({ advise: () => ({ retryAfterSeconds: 3600 }) });
    await expect(retry(failing(1).attempt, options)).rejects.toThrow("failure 1");
    expect(slept).toEqual([]);
  });

  test("an aborted signal ends it before an attempt, after a failure and during a delay", async () => {
    const task = failing(9);
    const before = trial({ signal: AbortSignal.abort("over") });
    await expect(retry(task.attempt, before.options)).rejects.toBe("over");
    expect(task.tries()).toBe(0);

    const controller = new AbortController();
    const during = trial({ signal: controller.signal });
    const fail = async () => {
      controller.abort("settled");
      throw new Error("failure");
    };
    await expect(retry(fail, during.options)).rejects.toBe("settled");
    expect(during.slept).toEqual([]);

    const waiting = new AbortController();
    setTimeout(() => waiting.abort("enough"), 20);
    const policy = { ...defaultPolicy, firstDelaySeconds: 600, maxDelaySeconds: 600 };
    const patient = { policy, signal: waiting.signal, advise: () => ({}) };
    await expect(retry(failing(1).attempt, patient)).rejects.toBe("enough");
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  test.each([
    ["3", 3],
    [" 0.5 ", 0.5],
    ["Sun, 01 Mar 2026 12:00:30 GMT", 30],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j is %j seconds", (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });
});
