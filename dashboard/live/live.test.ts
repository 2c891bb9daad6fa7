import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { planOf } from "../../actors/agent.ts";
import { House, type HouseWindow } from "../../actors/house.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { sealed } from "../../runtime/messages.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import { createWire, type Wire } from "../../runtime/wire/wire.ts";
import { feedFile, parseFeedLine } from "../record/feed.ts";
import type { Frame } from "../view.ts";
import { crowdRole, roleOf } from "../views/role.ts";
import { withAncestors } from "../views/states.ts";
import { Broadcast } from "./broadcast.ts";
import { currentStatesOf, innermostOf } from "./current-states.ts";
import { FeedWriter } from "./feed-writer.ts";
import type { Frames } from "./frames.ts";
import { Observation } from "./observation.ts";
import { textOf } from "./observed-event.ts";
import { Ring } from "./recent-events.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const remark = (question: string) => ({ type: "remark.made", question, kind: "test", text: "t" }) as const;

const job = setup({ types: { events: {} as Message } }).createMachine({
  id: "job",
  initial: "queued",
  states: { queued: { on: { "remark.made": "training" } }, training: {} },
});

/** `go` starts a call in the solver region, `end` ends the trainer region; other remarks are only counted. */
const worker = setup({
  types: { context: {} as { count: number }, events: {} as Message },
  actors: { job, call: fromPromise(async () => {}) },
  guards: {
    isGo: ({ event }) => event.type === "remark.made" && event.question === "go",
    isEnd: ({ event }) => event.type === "remark.made" && event.question === "end",
  },
  actions: { count: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: "worker",
  type: "parallel",
  context: { count: 0 },
  states: {
    solver: {
      initial: "resting",
      states: {
        resting: { on: { "remark.made": { guard: "isGo", target: "solving" } } },
        solving: { invoke: { id: "call", src: "call", onDone: "done" } },
        done: {},
      },
    },
    trainer: {
      initial: "idle",
      on: { "remark.made": [{ guard: "isEnd", target: ".over" }, { actions: "count" }] },
      states: { idle: { invoke: { id: "job-1", src: "job" } }, over: { type: "final" } },
    },
  },
});

const question = setup({ types: { events: {} as Message } }).createMachine({
  id: "question",
  initial: "posed",
  states: { posed: { on: { "remark.made": "closed" } }, closed: { type: "final" } },
});

interface TestHouse {
  readonly house: House;
  readonly wire: Wire;
  open(name: string): void;
}

/** A house with the agent ant. Questions can be opened. */
const testHouse = (): TestHouse => {
  const wire = createWire({ bus: createMemoryBus(), run: "test", onSendError: () => {}, clock: () => 7 });
  const house = new House({ wire, onFatal: () => {} });
  const plan = planOf("model", worker, undefined);
  house.admit({ name: "ant", plan, member: true, essential: false });
  onTestFinished(() => {
    house.close();
    wire.close();
  });
  return {
    ...{ house, wire },
    open: (name) =>
      house.admit({
        ...{ name: `ant/${name}`, plan: planOf("question", question, undefined) },
        ...{ member: false, essential: false, topic: name },
      }),
  };
};

describe("active states", () => {
  test("are the innermost ones, and a page gets them with their ancestors", () => {
    expect(innermostOf("playing")).toEqual(["playing"]);
    expect(innermostOf({ solver: "resting", weights: { adopting: "loading" }, flat: {} })).toEqual([
      ...["solver.resting", "weights.adopting.loading", "flat"],
    ]);
    expect(innermostOf({})).toEqual([]);
    expect(innermostOf(undefined)).toEqual([]);
    expect(withAncestors(["a.b.c", "a.d"])).toEqual(["a", "a.b", "a.b.c", "a.d"]);
  });

  test.each([
    [["solver.solving", "verifier.verifying", "voter.resting", "learner.student"], "solver, verifier"],
    [["solver.resting", "learner.teacher", "weights.adopting"], "teacher, adopting"],
    [["solver.resting", "weights.serving"], "idle"],
    [["playing"], "playing"],
    [["measuring.waiting"], "measuring"],
    [["resting"], "idle"],
    [[], "idle"],
  ])("%j have the role %s", (innermost, role) => {
    expect(roleOf(innermost)).toBe(role);
  });

  test("of a crowd are counted by outermost state, most common first", () => {
    expect(crowdRole({ "voting.polling": 2, solving: 5, "voting.opening": 1, gone: 0 })).toBe(
      "5 solving, 3 voting",
    );
    expect(crowdRole({})).toBe("none");
  });

  test("are sampled from agents, the questions they open and the actors they start", async () => {
    const { house, wire, open } = testHouse();
    open("q1");
    open("q2");
    const current = currentStatesOf(house);
    expect(current.agents).toEqual(new Map([["ant", ["solver.resting", "trainer.idle"]]]));
    expect([...current.opened.keys()]).toEqual(["ant/q1", "ant/q2"]);
    expect([...current.crowds].map(([kind, { counts }]) => [kind, counts])).toEqual([
      ["job", { queued: 1 }],
      ["question", { posed: 2 }],
    ]);
    wire.send(remark("q1"));
    await settled();
    expect(currentStatesOf(house).crowds.get("question")?.counts).toEqual({ posed: 1 });
  });
});

describe("a ring", () => {
  test("keeps the newest items, newest first", () => {
    const ring = new Ring<number>(3);
    expect(ring.toArray()).toEqual([]);
    for (const item of [1, 2]) ring.push(item);
    expect(ring.toArray()).toEqual([2, 1]);
    for (const item of [3, 4, 5]) ring.push(item);
    expect(ring.toArray()).toEqual([5, 4, 3]);
  });
});

describe("an observation", () => {
  const watched = () => {
    const place = testHouse();
    const observation = new Observation(place.house, () => 42);
    observation.start();
    return { ...place, observation };
  };
  const all = { limit: 100 };

  test("records each event of an agent with the states before and after", async () => {
    const { wire, observation } = watched();
    wire.send(remark("go"), "bee");
    await settled();
    const [done, posed] = observation.events({ ...all, agent: "ant" });
    expect(posed).toMatchObject({
      ...{ at: 42, agent: "ant", event: "remark.made" },
      before: ["solver", "solver.resting", "trainer", "trainer.idle"],
      after: ["solver", "solver.solving", "trainer", "trainer.idle"],
      text: '{"question":"go","kind":"test","text":"t","from":"bee"}',
    });
    expect(done).toMatchObject({ event: "call done", after: expect.arrayContaining(["solver.done"]) });
    expect(observation.lastEvents().get("ant")).toBe("call done");
  });

  test("finds events by sender, and up to a time", async () => {
    const place = testHouse();
    let now = 1;
    const observation = new Observation(place.house, () => now);
    observation.start();
    for (const from of ["bee", "cat"]) {
      place.wire.send(remark("talk"), from);
      await settled();
      now += 1;
    }
    const sendersOf = (query: object) =>
      observation.events({ ...all, ...query }).map(({ senders }) => senders);
    expect(sendersOf({ agent: "ant" })).toEqual([["cat"], ["bee"]]);
    expect(sendersOf({ agent: "ant", from: "bee" })).toEqual([["bee"]]);
    expect(sendersOf({ agent: "ant", until: 1 })).toEqual([["bee"]]);
    expect(sendersOf({ agent: "ant", until: 0 })).toEqual([]);
  });

  test("finds events by state and by transition", async () => {
    const { wire, observation } = watched();
    for (const each of ["idle talk", "go", "more talk"]) wire.send(remark(each));
    await settled();
    const eventsOf = (state: string) =>
      observation.events({ ...all, agent: "ant", state }).map(({ event }) => event);
    expect(eventsOf("solver.solving")).toEqual(["call done", "remark.made"]);
    expect(eventsOf("solver.done")).toEqual(["call done"]);
    expect(eventsOf("trainer")).toEqual(["remark.made", "remark.made", "remark.made"]);
    expect(eventsOf("solver.nowhere")).toEqual([]);
    const byArrow = (edge: string) => observation.events({ ...all, edge }).map(({ text }) => text);
    expect(byArrow("solver.resting#0")).toEqual([expect.stringContaining('"go"')]);
    expect(byArrow("solver.resting#9")).toEqual([]);
  });

  test("finds the events of one question and of all questions", async () => {
    const { wire, open, observation } = watched();
    open("q1");
    open("q2");
    wire.send(remark("q1"), "bee");
    await settled();
    const closed = observation.events({ ...all, agent: "questions", state: "closed" });
    expect(closed.map(({ agent }) => agent)).toEqual(["ant/q1"]);
    expect(observation.events({ ...all, agent: "ant/q2" }).map(({ event }) => event)).toEqual(["init"]);
    expect(observation.events({ ...all, agent: "questions", limit: 2 })).toHaveLength(2);
    expect(observation.events({ ...all, agent: "jobs" })).toEqual([]);
  });

  test("counts messages by sender, receiver and type until they are taken", async () => {
    const { wire, open, observation } = watched();
    open("q1");
    open("q2");
    for (const topic of ["q1", "q2", "other"]) wire.send(remark(topic), "bee");
    await settled();
    expect(observation.takeFlows()).toEqual([
      { from: "bee", to: "ant", type: "remark.made", count: 3 },
      { from: "bee", to: "questions", type: "remark.made", count: 2 },
    ]);
    expect(observation.takeFlows()).toEqual([]);
  });

  test("counts each of the messages that an agent hears as one event", () => {
    const { house, observation } = watched();
    const [ant] = [...house.residents()].map(({ actor }) => actor);
    const messages = ["bee", "cat", "bee"].map((from) => ({ ...remark("talk"), from, at: 0 }));
    ant?.send({ type: "remark.made", messages });
    expect(observation.takeFlows()).toEqual([
      { from: "bee", to: "ant", type: "remark.made", count: 2 },
      { from: "cat", to: "ant", type: "remark.made", count: 1 },
    ]);
  });

  test("drops its events when it stops, records none while stopped, and can start again", async () => {
    const { wire, observation } = watched();
    wire.send(remark("go"));
    await settled();
    observation.stop();
    wire.send(remark("talk"));
    await settled();
    expect([observation.events(all), observation.takeFlows(), observation.lastEvents().size]).toEqual([
      [],
      [],
      0,
    ]);
    observation.start();
    wire.send(remark("talk"));
    await settled();
    const [event] = observation.events(all);
    expect(event).toMatchObject({ before: expect.arrayContaining(["solver.done"]) });
  });

  test("keeps each agent's newest events when it is frozen", async () => {
    const { wire, observation } = watched();
    wire.send(remark("go"));
    await settled();
    for (let index = 0; index < 300; index++) {
      wire.send(remark(`talk ${index}`));
      if (index % 100 === 99) await settled();
    }
    observation.freeze();
    wire.send(remark("unseen"));
    await settled();
    const events = observation.events({ agent: "ant", limit: 500 });
    expect(events[0]?.text).toContain("talk 299");
    expect(events.length).toBeLessThan(100);
    // A rare transition is still there after many other events.
    expect(observation.events({ agent: "ant", state: "solver.solving", limit: 5 })).toHaveLength(2);
  });

  test("shortens long messages", () => {
    const long = "x".repeat(1000);
    expect(textOf({ type: "a", at: 1, text: long })).toBe(`{"text":"${"x".repeat(120)}…"}`);
    expect(textOf({ type: "a", list: [1, 2, 3, 4, 5, 6] })).toBe('{"list":[1,2,3,4,"… 2 more"]}');
    expect(textOf({ type: "a", error: new Error("broken") })).toBe('{"error":"broken"}');
    expect(textOf({ type: "a", big: 1n })).toBe("");
  });
});

describe("a feed", () => {
  const writing = (place = testHouse()) => {
    const folder = mkdtempSync(join(tmpdir(), "agora-feed-"));
    onTestFinished(() => {
      chmodSync(folder, 0o700);
      rmSync(folder, { recursive: true, force: true });
    });
    let now = 0;
    const writer = new FeedWriter(folder, () => ++now);
    writer.start(place.house);
    onTestFinished(() => writer.close());
    const lines = () =>
      readFileSync(feedFile(folder), "utf8")
        .split("\n")
        .flatMap((line) => (line === "" ? [] : (parseFeedLine(line) ?? [])));
    return { ...place, folder, writer, lines };
  };

  test("records changed states, and nothing if nothing has changed", async () => {
    const { writer, wire, open, lines } = writing();
    open("q1");
    writer.write();
    writer.write();
    wire.send(remark("go"));
    wire.send(remark("q1"));
    await settled();
    writer.write();
    const [first, second, ...others] = lines();
    expect(first).toMatchObject({
      states: { ant: ["solver.resting", "trainer.idle"] },
      crowds: { job: { queued: 1 }, question: { posed: 1 } },
      machines: { job: { id: "job" }, question: { id: "question" } },
    });
    expect(second).toEqual({
      at: 3,
      states: { ant: ["solver.done", "trainer.idle"] },
      crowds: { question: {} },
    });
    expect(others).toEqual([]);
  });

  test("records a sample of the training steps, always with state changes and the last step", () => {
    const { writer, lines } = writing();
    const progressed = (state: string, step: number) =>
      sealed({
        type: "training.progressed",
        ...{ job: "ant@v1", model: "ant", state, step, steps: 40, loss: 1.23456789 },
        ...(state === "gating" ? { slot: 2 } : {}),
      });
    writer.accept(progressed("training", 0));
    for (let step = 1; step <= 40; step++) writer.accept(progressed("training", step));
    writer.accept(progressed("gating", 0));
    writer.accept(sealed(remark("not of training")));
    writer.write();
    const steps = lines()[0]?.progress ?? [];
    expect(steps.length).toBeLessThan(15);
    expect(steps[0]).toEqual([1000, "ant@v1", "ant", "training", 0, 40, 1.2346]);
    expect(steps.at(-1)).toEqual([1000, "ant@v1", "ant", "gating", 0, 40, 1.2346, 2]);
    expect(parseFeedLine(JSON.stringify(lines()[0]))?.progress).toEqual(steps);
    expect(steps.slice(-2).map(([, , , state, step]) => [state, step])).toEqual([
      ["training", 40],
      ["gating", 0],
    ]);
  });

  test("records the last states before the house closes, also of agents that have left", async () => {
    const { house, wire, lines } = writing();
    wire.send(remark("end"));
    await settled();
    house.close();
    const last = lines().at(-1);
    expect(last?.states?.ant).toEqual(["solver.resting", "trainer.over"]);
    const place = testHouse();
    const second = writing(place);
    second.writer.write();
    const done = setup({ types: { events: {} as Message } }).createMachine({
      initial: "on",
      states: { on: { on: { "remark.made": "off" } }, off: { type: "final" } },
    });
    const plan = planOf("model", done, undefined);
    place.house.admit({ name: "bee", plan, member: false, essential: false });
    place.wire.send(remark("any"));
    await settled();
    place.house.close();
    expect(second.lines().at(-1)?.states?.bee).toEqual(["off"]);
  });

  test("records the busiest message flows in one of three lines", async () => {
    const { writer, lines } = writing();
    for (let line = 0; line < 4; line += 1) {
      writer.accept({ ...remark("go"), from: "bee", at: 1 });
      writer.write();
    }
    const flows = lines().map((line) => line.flows?.map(([from, to, type]) => [from, to, type]));
    expect(flows[0]).toEqual([["bee", "ant", "remark.made"]]);
    expect(flows.filter((flow) => flow !== undefined)).toHaveLength(2);
  });

  test("starts on a new line after an interrupted write", () => {
    const { writer, folder, lines } = writing();
    writeFileSync(feedFile(folder), '{"at":1,"states":{"an');
    writer.write();
    expect(lines()).toHaveLength(1);
  });

  test("stops without an error if its file cannot be written", () => {
    const place = testHouse();
    const writer = new FeedWriter("/nonexistent/folder", () => 1);
    writer.start(place.house);
    writer.write();
    place.house.close();
    expect(existsSync("/nonexistent")).toBe(false);
  });
});

describe("a broadcast", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Frames numbered by the calls to `next`. */
  const counting = () => {
    const calls = { next: 0, whole: 0, isNews: true };
    const frameOf = (sequence: number): Frame => ({
      ...{ sequence, at: 0, agents: [], flows: [] },
      revisions: { agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
    });
    const frames = {
      observation: { start: vi.fn(), stop: vi.fn() },
      read: async () => {},
      whole: () => {
        calls.whole += 1;
        return frameOf(-1);
      },
      next: () => {
        calls.next += 1;
        return calls.isNews ? frameOf(calls.next) : undefined;
      },
    };
    return { calls, frames, broadcast: new Broadcast(frames as unknown as Frames) };
  };

  test("ends with the newest frame and why the server ends; without a reason it is cut off", async () => {
    const textsOf = async (stream: ReadableStream<Uint8Array>): Promise<string[]> => {
      const texts: string[] = [];
      for await (const chunk of stream) texts.push(new TextDecoder().decode(chunk));
      return texts;
    };
    const told = counting().broadcast;
    const reading = textsOf(await told.connect());
    told.close({ reason: "its user ended it" });
    const texts = await reading;
    expect(texts.slice(0, -1).every((text) => text.startsWith("data: "))).toBe(true);
    expect(texts).toHaveLength(3);
    expect(texts.at(-1)).toBe('event: farewell\ndata: {"reason":"its user ended it"}\n\n');
    const untold = counting().broadcast;
    const cut = textsOf(await untold.connect());
    untold.close();
    expect(await cut).toHaveLength(1);
  });

  const sequenceOf = ({ value }: { readonly value?: Uint8Array | undefined }): number =>
    JSON.parse(new TextDecoder().decode(value).slice("data: ".length)).sequence;

  test("starts with a full frame and makes one frame for all viewers every 100 ms", async () => {
    const { calls, broadcast, frames } = counting();
    const readers = [await broadcast.connect(), await broadcast.connect()].map((stream) =>
      stream.getReader(),
    );
    for (const reader of readers) expect(sequenceOf(await reader.read())).toBe(-1);
    expect(frames.observation.start).toHaveBeenCalled();
    for (const tick of [1, 2, 3]) {
      vi.advanceTimersByTime(100);
      for (const reader of readers) expect(sequenceOf(await reader.read())).toBe(tick);
    }
    expect([calls.next, calls.whole]).toEqual([3, 2]);
  });

  test("sends only a keep-alive comment while nothing changes", async () => {
    const { calls, broadcast } = counting();
    const reader = (await broadcast.connect()).getReader();
    await reader.read();
    calls.isNews = false;
    let received = "";
    void reader.read().then(({ value }) => {
      received = new TextDecoder().decode(value);
    });
    await vi.advanceTimersByTimeAsync(19_000);
    expect(received).toBe("");
    await vi.advanceTimersByTimeAsync(1_100);
    expect(received).toBe(": alive\n\n");
  });

  test("buffers at most one frame for a slow viewer and then sends it a full frame", async () => {
    const { calls, broadcast } = counting();
    const reader = (await broadcast.connect()).getReader();
    vi.advanceTimersByTime(60_000);
    expect([calls.next, calls.whole]).toEqual([600, 1]);
    expect(sequenceOf(await reader.read())).toBe(-1);
    vi.advanceTimersByTime(100);
    expect(calls.whole).toBe(2);
    expect(sequenceOf(await reader.read())).toBe(-1);
    vi.advanceTimersByTime(100);
    expect(sequenceOf(await reader.read())).toBe(602);
  });

  test("runs no timer without viewers", async () => {
    const { calls, broadcast, frames } = counting();
    const reader = (await broadcast.connect()).getReader();
    await reader.cancel();
    vi.advanceTimersByTime(5_000);
    expect([calls.next, broadcast.viewers, vi.getTimerCount()]).toEqual([0, 0, 0]);
    expect(frames.observation.stop).toHaveBeenCalledTimes(1);
  });

  test("rejects viewer 101 and ends the streams when it closes", async () => {
    const { broadcast } = counting();
    const readers = [];
    for (let index = 0; index < 100; index++) readers.push((await broadcast.connect()).getReader());
    await expect(broadcast.connect()).rejects.toMatchObject({ code: "AGORA_PAGE_VIEWERS" });
    broadcast.close();
    expect([broadcast.viewers, vi.getTimerCount()]).toEqual([0, 0]);
    await readers[0]?.read();
    expect(await readers[0]?.read()).toEqual({ done: true, value: undefined });
    const late = (await broadcast.connect()).getReader();
    expect((await late.read()).done).toBe(true);
  });
});

test("a HouseWindow lists the residents of a house", () => {
  const { house } = testHouse();
  const window: HouseWindow = house;
  expect([...window.residents()]).toHaveLength(1);
});
