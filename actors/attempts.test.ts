import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Vote, Work } from "../machines/work.ts";
import type { Attempt, Ended } from "../machines/work-order.ts";
import type { Draft } from "../runtime/messages.ts";
import { type Abstain, doWork, type Perform, PermanentError, tryOnce } from "./attempts.ts";

const work: Work = { kind: "solve", id: "solve:q", question: "q", text: "2+2", group: [], exemplars: [] };
const draft: Draft = { type: "solution.withheld", question: "q", author: "ant", cause: "test" };

const abstain: Abstain = ({ id }, cause) => [
  ...[{ type: "solution.withheld", question: id, author: "ant", cause } as const],
];

/** One piece of work and how it ended. */
const tasked = (effect: Perform, attempts = 2, asked: Work = work) => {
  const ended: Ended[] = [];
  const signals: AbortSignal[] = [];
  const perform: Perform = (attempt, signal) => {
    signals.push(signal);
    return effect(attempt, signal);
  };
  const stopping = new AbortController();
  const order = { work: asked, attempts, timeoutSeconds: 10 };
  void doWork(order, { perform, abstain }, stopping.signal).then((end) => ended.push(end));
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
    expect(ended).toEqual([{ work, outcome: "done", drafts: [draft] }]);
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
    expect(ended).toEqual([{ work, outcome: "failed", cause: "failure 2" }]);
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
    expect(ended).toEqual([{ work, outcome: "failed", cause: "no reply within 10 s" }]);
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

const pairsOf = (count: number): Vote["pairs"] =>
  Array.from({ length: count }, (_, place) => ({ pair: `p${place}`, first: "q/ant", second: `q/${place}` }));
const voteOn = (count: number): Vote => ({
  ...{ kind: "vote", id: "vote:q", question: "q", text: "2+2", pairs: pairsOf(count), solutions: {} },
});
const pairIn = ({ work: piece }: Attempt): string =>
  piece.kind === "vote" ? (piece.pairs[0]?.pair ?? "") : "";
const votes: Perform = async (attempt) => [
  ...[{ ...draft, cause: `${pairIn(attempt)} at ${attempt.attempt}` }],
];
const causesIn = (end: Ended | undefined) =>
  end?.outcome === "done" ? end.drafts.map((each) => "cause" in each && each.cause) : end?.cause;
const unlessPair =
  (pair: string, failure: (attempt: Attempt) => Error): Perform =>
  async (attempt, signal) => {
    if (pairIn(attempt) === pair) throw failure(attempt);
    return await votes(attempt, signal);
  };

describe("work in pieces", () => {
  test("abstains from the one pair of six that cannot be read; the other ballots stand", async () => {
    const tried: string[] = [];
    const effect = unlessPair("p2", ({ attempt }) => new Error(`unparsable ${attempt}`));
    const { ended } = tasked(
      (attempt, signal) => {
        tried.push(`${pairIn(attempt)} at ${attempt.attempt}`);
        return effect(attempt, signal);
      },
      2,
      voteOn(6),
    );
    await settled();
    expect(tried).toEqual([...pairsOf(6).map(({ pair }) => `${pair} at 0`), "p2 at 1"]);
    const stand = ["p0", "p1", "p3", "p4", "p5"].map((pair) => `${pair} at 0`);
    expect(causesIn(ended[0])).toEqual([...stand, "unparsable 1"]);
    expect(ended[0]).toMatchObject({ outcome: "done", work: { id: "vote:q" } });
    expect(ended[0]?.outcome === "done" && ended[0].drafts.at(-1)).toMatchObject({ question: "vote:p2" });
  });

  test("keeps what a further attempt made of a pair, and abstains from nothing", async () => {
    const effect = unlessPair("p1", () => new Error("unparsable"));
    const { ended } = tasked(
      (given, signal) => (given.attempt === 0 ? effect : votes)(given, signal),
      2,
      voteOn(3),
    );
    await settled();
    expect(causesIn(ended[0])).toEqual(["p0 at 0", "p2 at 0", "p1 at 1"]);
  });

  test("does not try a hopeless pair again, but the others", async () => {
    const effect: Perform = async (attempt, signal) => {
      if (pairIn(attempt) === "p0") throw new PermanentError("too long");
      if (attempt.attempt === 0) throw new Error("unparsable");
      return await votes(attempt, signal);
    };
    const { ended, signals } = tasked(effect, 3, voteOn(3));
    await settled();
    expect(signals).toHaveLength(5);
    expect(causesIn(ended[0])).toEqual(["p1 at 1", "p2 at 1", "too long"]);
  });

  test("fails as a whole where no pair could be judged, with the cause of the first", async () => {
    const { ended } = tasked(
      async (attempt) => {
        throw new Error(`${pairIn(attempt)} unparsable`);
      },
      2,
      voteOn(3),
    );
    await settled();
    expect(ended).toMatchObject([{ outcome: "failed", cause: "p0 unparsable" }]);
  });

  test("without a piece is done at once, with nothing", async () => {
    const { ended, signals } = tasked(votes, 2, voteOn(0));
    await settled();
    expect(ended).toEqual([{ work: voteOn(0), outcome: "done", drafts: [] }]);
    expect(signals).toEqual([]);
  });

  test("asks 120 pairs in their order, eight at a time", async () => {
    const asked: string[] = [];
    const open: PromiseWithResolvers<readonly Draft[]>[] = [];
    const { ended } = tasked(
      (attempt) => {
        asked.push(pairIn(attempt));
        const call = Promise.withResolvers<readonly Draft[]>();
        open.push(call);
        return call.promise;
      },
      2,
      voteOn(120),
    );
    for (let done = 0; done < 120; done += 1) {
      expect(asked).toHaveLength(Math.min(120, done + 8));
      open[done]?.resolve([draft]);
      await settled();
    }
    expect(asked).toEqual(pairsOf(120).map(({ pair }) => pair));
    expect(ended[0]?.outcome === "done" && ended[0].drafts).toHaveLength(120);
  });

  test("that runs out of time asks nothing more in this attempt, and in the next only what is left", async () => {
    const asked: string[] = [];
    const { ended, signals } = tasked(
      async (attempt, signal) => {
        asked.push(`${pairIn(attempt)} at ${attempt.attempt}`);
        if (pairIn(attempt) === "p0") return [draft];
        return await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason)),
        );
      },
      2,
      voteOn(20),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    const places = Array.from({ length: 9 }, (_, place) => place);
    expect(asked.slice(0, 9)).toEqual(places.map((place) => `p${place} at 0`));
    expect(asked.slice(9)).toEqual(places.slice(1).map((place) => `p${place} at 1`));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(causesIn(ended[0])).toEqual(["test", ...Array(19).fill("no reply within 10 s")]);
    expect(asked).toHaveLength(17);
  });

  test("that is stopped asks nothing more", async () => {
    const { ended, signals, stop } = tasked(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      2,
      voteOn(20),
    );
    stop();
    await settled();
    expect(signals).toHaveLength(8);
    expect(ended).toMatchObject([{ outcome: "failed" }]);
  });
});

describe("a single try", () => {
  const limits = { attempt: 4, timeoutSeconds: 10 };
  const { signal } = new AbortController();

  test("is enough where every piece is made", async () => {
    await expect(tryOnce(voteOn(3), limits, votes, signal)).resolves.toBeUndefined();
  });

  test("rejects with the cause where one piece fails, and does not try it again", async () => {
    const attempts: number[] = [];
    const failing = unlessPair("p1", ({ attempt }) => {
      attempts.push(attempt);
      return new Error("unparsable");
    });
    await expect(tryOnce(voteOn(3), limits, failing, signal)).rejects.toThrow("unparsable");
    expect(attempts).toEqual([4]);
  });
});
