import { describe, expect, test } from "vitest";
import { createActor, setup } from "xstate";
import type { DeskOrder } from "../machines/model.ts";
import type { Vote, Work } from "../machines/work.ts";
import type { WorkEnded } from "../machines/work-order.ts";
import type { Draft } from "../runtime/messages.ts";
import type { Tools } from "./agent.ts";
import type { Perform } from "./attempts.ts";
import { deskOf } from "./desk.ts";

const workOf = (question: string): Work => ({
  ...{ kind: "solve", id: `solve:${question}`, question, text: "2+2", group: [], exemplars: [] },
});
const begin = (question: string): DeskOrder => ({
  type: "begin",
  orders: [{ work: workOf(question), attempts: 1, timeoutSeconds: 10 }],
});
const stop = (question: string): DeskOrder => ({ type: "stop", ids: [`solve:${question}`] });

/** A desk under an owner; its calls end only when the test says so. */
const staffed = () => {
  const calls: { readonly signal: AbortSignal; readonly settle: PromiseWithResolvers<Draft[]> }[] = [];
  const ended: WorkEnded[] = [];
  const sent: Draft[] = [];
  const perform: Perform = (_, signal) => {
    const settle = Promise.withResolvers<Draft[]>();
    calls.push({ signal, settle });
    return settle.promise;
  };
  const tools = { name: "ant", models: new Map(), send: (drafts: Draft[]) => sent.push(...drafts) };
  const owner = setup({
    types: { events: {} as WorkEnded },
    actors: {
      desk: deskOf(
        () => tools as unknown as Tools,
        () => perform,
      ),
    },
  }).createMachine({
    invoke: { id: "desk", src: "desk", input: { owner: "ant" } },
    on: { "work.ended": { actions: ({ event }) => void ended.push(event) } },
  });
  const actor = createActor(owner).start();
  const order = (given: DeskOrder): void => actor.getSnapshot().children.desk?.send(given);
  return { calls, ended, sent, actor, order };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** What ends in one turn is reported in the next. */
const settled = async () => {
  await turn();
  await turn();
};
/** Lets work end within the turn that runs: every microtask is done before the next timer or immediate. */
const microtasks = () => new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)));
const endsIn = (events: readonly WorkEnded[]) =>
  events.flatMap(({ ended }) => ended.map(({ work, outcome }) => [work.id, outcome]));
const voteOn = (...names: string[]): Vote => ({
  ...{ kind: "vote", id: "vote:q", question: "q", text: "2+2", solutions: {} },
  pairs: names.map((pair) => ({ pair, first: "q/ant", second: "q/bee" })),
});

describe("a desk", () => {
  test("tells its owner how each piece of work ended, those of one turn together", async () => {
    const { calls, ended, order } = staffed();
    order(begin("q"));
    order(begin("r"));
    calls[1]?.settle.resolve([]);
    calls[0]?.settle.reject(new Error("model down"));
    await settled();
    expect(ended).toEqual([
      {
        ...{ type: "work.ended", kind: "solve" },
        ended: [
          { work: workOf("r"), outcome: "done", drafts: [] },
          { work: workOf("q"), outcome: "failed", cause: "model down" },
        ],
      },
    ]);
  });

  test("tells of each kind of work, and of each turn, by itself", async () => {
    const { calls, ended, order } = staffed();
    order(begin("q"));
    order({ type: "begin", orders: [{ work: voteOn("p0"), attempts: 1, timeoutSeconds: 10 }] });
    order(begin("r"));
    for (const { settle } of calls.slice(0, 2)) settle.resolve([]);
    await settled();
    calls[2]?.settle.resolve([]);
    await settled();
    expect(ended.map(({ kind }) => kind)).toEqual(["solve", "vote", "solve"]);
    expect(endsIn(ended)).toEqual([
      ["solve:q", "done"],
      ["vote:q", "done"],
      ["solve:r", "done"],
    ]);
  });

  test("abstains from the pair that could not be judged, for its model", async () => {
    const { calls, ended, order } = staffed();
    order({ type: "begin", orders: [{ work: voteOn("p0", "p1"), attempts: 1, timeoutSeconds: 10 }] });
    const cast: Draft = { type: "ballot.cast", question: "q", ballots: [] };
    calls[0]?.settle.resolve([cast]);
    calls[1]?.settle.reject(new Error("unparsable"));
    await settled();
    const blank = { pair: "p1", voter: "ant", adapter: 0, text: "unparsable" };
    expect(ended[0]?.ended).toMatchObject([
      { outcome: "done", drafts: [cast, { type: "ballot.cast", ballots: [blank] }] },
    ]);
  });

  test("says nothing of work that has ended, but is stopped before its report", async () => {
    const { calls, ended, sent, order } = staffed();
    order(begin("q"));
    order(begin("r"));
    order(begin("s"));
    for (const { settle } of calls.slice(0, 2)) settle.resolve([]);
    await microtasks();
    order(stop("q"));
    expect(ended).toEqual([]);
    await settled();
    expect(endsIn(ended)).toEqual([["solve:r", "done"]]);
    order(stop("r"));
    calls[2]?.settle.resolve([]);
    await microtasks();
    order(stop("s"));
    order(begin("s"));
    await settled();
    expect(ended).toHaveLength(1);
    calls[3]?.settle.resolve([]);
    await settled();
    expect(endsIn(ended)).toEqual([
      ["solve:r", "done"],
      ["solve:s", "done"],
    ]);
    expect(sent).toEqual([]);
  });

  test("stops one piece of work, which says nothing more, and begins it again where it is asked to", async () => {
    const { calls, ended, order } = staffed();
    order(begin("q"));
    order(stop("q"));
    order(stop("never begun"));
    order(begin("q"));
    calls[0]?.settle.resolve([]);
    await settled();
    expect(ended).toEqual([]);
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    calls[1]?.settle.resolve([]);
    await settled();
    expect(ended).toHaveLength(1);
  });

  test("aborts everything when its owner stops, and says for its owner what it left undone", async () => {
    const { calls, ended, sent, actor, order } = staffed();
    order(begin("q"));
    order(begin("r"));
    calls[0]?.settle.resolve([]);
    await settled();
    actor.stop();
    await settled();
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    expect(ended).toHaveLength(1);
    expect(sent).toEqual([
      { type: "solution.withheld", question: "r", author: "ant", cause: "the model left", taught: false },
    ]);
  });
});
