import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock } from "xstate";
import type { Draft, Exemplar, Message } from "../runtime/messages.ts";
import { anchorMachine, type Measured, type Measurement, readingMachine } from "./anchor.ts";
import { said, settings } from "./machines.fixture.ts";

const requested = (request: string, model = "ant"): Message =>
  said("anchor.requested", { request, round: 2, model, adapter: 1, purpose: "anchor" });
const exemplar: Exemplar = {
  ...{ question: "old", text: "1+1", solution: "2", explanation: "", author: "ant", quality: 0.5, mu: 25 },
};
const figures: Measured = {
  zeroShot: { correct: 5, total: 10 },
  eliteShot: { correct: 6, total: 10 },
};

type Effect = (measurement: Measurement, signal: AbortSignal) => Promise<Measured>;

const living = (effect: Effect) => {
  const drafts: Draft[] = [];
  const measure = fromPromise<Measured, Measurement>(({ input, signal }) => effect(input, signal));
  const machine = anchorMachine.provide({
    actors: { reading: readingMachine.provide({ actors: { measure } }) },
  });
  const clock = new SimulatedClock();
  const actor = createActor(machine, { clock, input: { settings } });
  actor.on("*", (draft) => void drafts.push(draft));
  actor.start();
  return { actor, clock, drafts };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the anchor", () => {
  test("measures the named model, with the newest elite examples", async () => {
    const measured: Measurement[] = [];
    const { actor, drafts } = living(async (measurement) => {
      measured.push(measurement);
      return figures;
    });
    actor.send(said("history.updated", { exemplars: [exemplar] }));
    actor.send(requested("a"));
    expect(actor.getSnapshot().value).toBe("measuring");
    await settled();
    expect(measured).toEqual([{ model: "ant", adapter: 1, against: undefined, exemplars: [exemplar] }]);
    expect(drafts).toEqual([
      {
        type: "anchor.measured",
        ...{ request: "a", round: 2, model: "ant", adapter: 1, purpose: "anchor" },
        ...figures,
      },
    ]);
    expect(actor.getSnapshot()).toMatchObject({ value: "resting", children: {} });
  });

  test("measures a second version on request", async () => {
    const against = { adapter: 0, ...figures };
    const { actor, drafts } = living(async ({ against: other }) => ({
      ...figures,
      ...(other === 0 ? { against } : {}),
    }));
    actor.send({ ...requested("a"), against: 0 } as Message);
    await settled();
    expect(drafts).toMatchObject([{ type: "anchor.measured", adapter: 1, against }]);
  });

  test("measures several at once, each request once", async () => {
    const { actor, drafts } = living(async () => figures);
    for (const request of ["a", "b", "a"]) actor.send(requested(request));
    expect(actor.getSnapshot().context.underway).toEqual(["a", "b"]);
    await settled();
    expect(drafts).toHaveLength(2);
  });

  test("names later readings as earlier ones that have ended", async () => {
    const { actor } = living(async () => figures);
    const names = new Set<string>();
    for (let request = 0; request < 20; request += 1) {
      actor.send(requested(`request ${request}`));
      for (const name of Object.keys(actor.getSnapshot().children)) names.add(name);
      await settled();
    }
    expect([...names]).toEqual(["reading 1"]);
  });

  test("reports what it could not measure, and why", async () => {
    const { actor, drafts } = living(() => Promise.reject(new Error("model down")));
    actor.send(requested("a"));
    await settled();
    expect(drafts).toEqual([{ type: "anchor.missed", request: "a", model: "ant", cause: "model down" }]);
    expect(actor.getSnapshot().value).toBe("resting");
  });

  test("gives up a reading that takes too long, and aborts its calls", async () => {
    const signals: AbortSignal[] = [];
    const { actor, clock, drafts } = living((_, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    actor.send(requested("a"));
    clock.increment(360_000);
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(drafts).toEqual([
      { type: "anchor.missed", request: "a", model: "ant", cause: "no reading within 360 s" },
    ]);
  });
});
