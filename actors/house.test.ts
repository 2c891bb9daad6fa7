import { afterEach, describe, expect, test } from "vitest";
import { type AnyStateMachine, emit, fromPromise, type InspectionEvent, setup } from "xstate";
import { definitionOf } from "../machines/definition.ts";
import { type Heard, messagesIn } from "../machines/heard.ts";
import { createMemoryBus } from "../runtime/bus/bus-memory.ts";
import type { Draft, Message } from "../runtime/messages.ts";
import { createWire, type Wire } from "../runtime/wire/wire.ts";
import { planOf } from "./agent.ts";
import { House, type HouseOptions, type Residence } from "./house.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const open: { wire: Wire; house: House }[] = [];

afterEach(() => {
  for (const { wire, house } of open.splice(0)) {
    house.close();
    wire.close();
  }
});

/** A house on a bus without a recorder: durable messages are seen where they are sent. */
const housed = (options: Partial<HouseOptions> = {}) => {
  const bus = createMemoryBus();
  const wire = createWire({ bus, run: "test", onSendError: () => {} });
  const sent: Message[] = [];
  const watching: Wire = {
    run: wire.run,
    deadLetters: 0,
    send: (draft, from = "unnamed") => {
      sent.push({ ...draft, from, at: 0 } as Message);
      if (draft.type !== "agent.failed") wire.send(draft, from);
    },
    hear: wire.hear.bind(wire) as Wire["hear"],
    remember: (messages) => wire.remember(messages),
    catchUp: (records) => wire.catchUp(records),
    ready: () => wire.ready(),
    drain: () => wire.drain(),
    close: () => wire.close(),
  };
  const fatal: Error[] = [];
  const house = new House({ wire: watching, onFatal: (cause) => fatal.push(cause), ...options });
  open.push({ wire, house });
  return { house, wire, sent, fatal };
};

const residence = (name: string, machine: AnyStateMachine, more: Partial<Residence> = {}): Residence => ({
  ...{ name, plan: planOf("test", machine, undefined), member: false, essential: false },
  ...more,
});
const remark = (question: string) => ({ type: "remark.made", question, kind: "test", text: "" }) as const;

/** Keeps the types it hears, throws at the question "bomb" and ends at "end". */
const listener = (log: string[]) =>
  setup({
    types: { events: {} as Message },
    guards: {
      isBomb: ({ event }) => event.type === "remark.made" && event.question === "bomb",
      isEnd: ({ event }) => event.type === "remark.made" && event.question === "end",
    },
    actions: {
      keep: ({ event }) => void log.push(event.type),
      explode: () => {
        throw new Error("a bug");
      },
    },
  }).createMachine({
    id: "listener",
    initial: "listening",
    states: {
      listening: {
        on: {
          "remark.made": [
            { guard: "isBomb", actions: "explode" },
            { guard: "isEnd", target: "ended" },
            { actions: "keep" },
          ],
          "agent.left": { actions: "keep" },
        },
      },
      ended: { type: "final" },
    },
    output: () => "the end",
  });

const hanging = (signals: AbortSignal[]) =>
  setup({
    types: { events: {} as Message },
    actors: {
      call: fromPromise(({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      }),
    },
    actions: {
      explode: () => {
        throw new Error("a bug");
      },
    },
  }).createMachine({
    invoke: { id: "call", src: "call", onError: {} },
    on: { "remark.made": { actions: "explode" } },
  });

describe("an agent", () => {
  test("hears what its machine has transitions for while it lives", async () => {
    const { house, wire } = housed();
    const log: string[] = [];
    house.admit(residence("ant", listener(log)));
    wire.send(remark("q"));
    wire.send({ type: "explanation.withheld", question: "q", author: "ant", cause: "" });
    await settled();
    expect(log).toEqual(["remark.made"]);
    wire.send(remark("end"));
    wire.send(remark("q"));
    await settled();
    expect(log).toEqual(["remark.made"]);
    expect(house.size).toBe(0);
  });

  test("an agent that follows a topic hears of nothing else, but of who leaves", async () => {
    const { house, wire } = housed();
    const log: string[] = [];
    house.admit(residence("ant/q", listener(log), { topic: "q" }));
    wire.send(remark("other"));
    wire.send(remark("q"));
    wire.send({ type: "agent.left", agent: "bee", reason: "gone" }, "bee");
    await settled();
    expect(log).toEqual(["remark.made", "agent.left"]);
  });

  test("says what its machine emits, if it is a message", async () => {
    const { house, wire, sent } = housed();
    const mute = { type: "explanation.withheld", question: "q", author: "ant", cause: "" } as const;
    const speaker = setup({
      types: { events: {} as Message, emitted: {} as Draft | { type: "whisper" } },
    }).createMachine({
      entry: emit(remark("first")),
      on: { "remark.made": { actions: [emit({ type: "whisper" }), emit(mute)] } },
    });
    house.admit(residence("ant", speaker));
    expect(sent).toMatchObject([{ from: "ant", type: "remark.made", question: "first" }]);
    await settled();
    expect(sent).toHaveLength(2);
    expect(sent[1]).toMatchObject({ from: "ant", ...mute });
    house.close();
    expect(wire.deadLetters).toBe(0);
  });

  test("has a name of its own", () => {
    const { house } = housed();
    house.admit(residence("ant", listener([])));
    expect(() => house.admit(residence("ant", listener([])))).toThrow("two agents are named ant");
  });

  test("announces its machine as plain data", () => {
    const { house, sent } = housed();
    const ant = residence("ant", listener([]), { member: true, model: "ant-1b" });
    house.admit(ant);
    house.announce(ant);
    expect(sent).toMatchObject([
      { type: "agent.joined", agent: "ant", kind: "test", member: true, model: "ant-1b" },
    ]);
    const definition = definitionOf(ant.plan.machine);
    expect(definition).toMatchObject({ id: "listener", states: { listening: {}, ended: { type: "final" } } });
  });
});

describe("an agent that gathers", () => {
  /** Says of each event of remarks how many it brings. */
  const counter = (log: number[]) =>
    setup({
      types: { events: {} as Heard },
      actions: { count: ({ event }) => void log.push(messagesIn(event).length) },
    }).createMachine({ on: { "remark.made": { actions: "count" } } });

  test("hears remarks that arrive together as one event, and none after it has left", async () => {
    const { house, wire } = housed();
    const [gathered, single]: number[][] = [[], []];
    const plan = { ...planOf("test", counter(gathered ?? []), undefined), gathers: true };
    house.admit(residence("ant", plan.machine, { plan }));
    house.admit(residence("bee", counter(single ?? [])));
    for (const question of ["q", "r", "s"]) wire.send(remark(question));
    await settled();
    wire.send(remark("t"));
    await settled();
    expect([gathered, single]).toEqual([
      [3, 1],
      [1, 1, 1, 1],
    ]);
    wire.send(remark("u"));
    house.close();
    await settled();
    expect(gathered).toEqual([3, 1]);
  });
});

describe("an agent that fails", () => {
  test("is recorded with its cause and leaves; the others go on", async () => {
    const { house, wire, sent, fatal } = housed();
    const log: string[] = [];
    house.admit(residence("ant", listener([]), { member: true }));
    const heeds = ({ type }: Message) => type === "agent.left";
    const plan = { ...planOf("test", listener(log), undefined), heeds };
    house.admit(residence("bee", listener(log), { plan }));
    wire.send(remark("bomb"));
    await settled();
    expect(sent).toMatchObject([
      { type: "agent.failed", from: "ant", agent: "ant", where: "its state machine", cause: "a bug" },
      { type: "agent.left", agent: "ant", reason: "failed: a bug" },
    ]);
    expect([house.size, log, fatal]).toEqual([1, ["agent.left"], []]);
  });

  test.each(["remarks", "poses", "verifies"] as const)("leaves, where it %s", async (duty) => {
    const { house, wire, sent } = housed();
    house.admit(residence("ant", listener([]), { [duty]: true }));
    wire.send(remark("bomb"));
    await settled();
    expect(sent).toMatchObject([
      { type: "agent.failed", agent: "ant" },
      { type: "agent.left", agent: "ant", reason: "failed: a bug" },
    ]);
  });

  test("takes the calls under way with it", async () => {
    const { house, wire } = housed();
    const signals: AbortSignal[] = [];
    house.admit(residence("ant", hanging(signals)));
    wire.send(remark("q"));
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("has its last words said for it", async () => {
    const { house, wire, sent } = housed();
    const plan = planOf("test", listener([]), undefined);
    const lastWords = (cause: string) => [
      { type: "explanation.withheld", question: "q", author: "ant", cause } as const,
    ];
    house.admit(residence("ant", listener([]), { plan: { ...plan, lastWords } }));
    wire.send(remark("bomb"));
    await settled();
    expect(sent.at(-1)).toMatchObject({ type: "explanation.withheld", cause: "a bug" });
  });

  test("before it has begun never joins", () => {
    const { house, sent, fatal } = housed();
    const stillborn = setup({}).createMachine({
      context: () => {
        throw new Error("no context");
      },
    });
    const ant = residence("ant", stillborn, { member: true, essential: true });
    house.admit(ant);
    house.announce(ant);
    expect(sent.map(({ type }) => type)).toEqual(["agent.failed", "agent.left"]);
    expect(fatal.map(({ message }) => message)).toEqual(["agent ant failed: no context"]);
  });

  test("is fatal where no run can do without it", async () => {
    const { house, wire, fatal } = housed();
    house.admit(residence("ant", listener([]), { essential: true }));
    wire.send(remark("bomb"));
    await settled();
    expect(fatal).toEqual([new Error("agent ant failed: a bug")]);
    expect(fatal[0]?.cause).toEqual(new Error("a bug"));
  });

  test("because a promise was rejected that nobody handles is recorded like any other", async () => {
    const { house, sent } = housed();
    const careless = setup({
      actors: { call: fromPromise(() => Promise.reject(new Error("endpoint down"))) },
    }).createMachine({ invoke: { id: "call", src: "call" } });
    house.admit(residence("ant", careless));
    await settled();
    expect(sent).toMatchObject([{ type: "agent.failed", agent: "ant", cause: "endpoint down" }]);
  });
});

test("an agent that others wait for and that ends by itself has left", async () => {
  const { house, wire, sent } = housed();
  house.admit(residence("ant", listener([]), { verifies: true }));
  house.admit(residence("bee", listener([])));
  wire.send(remark("end"));
  await settled();
  expect(house.size).toBe(0);
  expect(sent).toMatchObject([{ type: "agent.left", from: "ant", agent: "ant", reason: "it has ended" }]);
});

test("agents that leave with their house have not ended", async () => {
  const { house, sent } = housed();
  house.admit(residence("ant", listener([]), { member: true }));
  house.leave("its process was stopped");
  await settled();
  expect(sent).toEqual([]);
});

describe("a house", () => {
  test("a house that closes stops every agent and its calls, and says nothing more", async () => {
    const { house, wire, sent } = housed();
    const signals: AbortSignal[] = [];
    house.admit(residence("ant", hanging(signals)));
    house.admit(residence("bee", listener([])));
    house.close();
    wire.send(remark("bomb"));
    house.admit(residence("cat", listener([])));
    house.send("ant", [{ type: "agent.left", agent: "ant", reason: "closed" }]);
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect([house.size, sent]).toEqual([0, []]);
  });

  test("shows its agents to watchers, and inspects actors only meanwhile", async () => {
    const { house, wire } = housed();
    const log: string[] = [];
    house.admit(residence("ant", listener(log)));
    expect([...house.residents()].map(({ residence: { name } }) => name)).toEqual(["ant"]);
    const seen: string[] = [];
    const look = ({ name }: Residence, event: InspectionEvent) => {
      if (event.type === "@xstate.snapshot") seen.push(`${name} ${event.event.type}`);
      throw new Error("a careless watcher");
    };
    wire.send(remark("before"));
    await settled();
    const leave = house.watch({ inspected: look });
    house.watch({});
    house.admit(residence("bee", listener(log)));
    wire.send(remark("during"));
    await settled();
    leave();
    wire.send(remark("after"));
    await settled();
    expect(seen).toEqual(["bee xstate.init", "ant remark.made", "bee remark.made"]);
    expect(log).toHaveLength(5);
  });

  test("can be seen for a last time before it closes, once, and so can who leaves", async () => {
    const { house, wire } = housed();
    house.admit(residence("ant", listener([])));
    const seen: unknown[] = [];
    house.watch({
      left: ({ residence: { name }, actor }) => void seen.push([name, actor.getSnapshot().value]),
      closing: () => void seen.push(house.size),
    });
    wire.send(remark("end"));
    await settled();
    house.admit(residence("cat", listener([])));
    house.close();
    house.close();
    expect(seen).toEqual([["ant", "ended"], 1]);
  });

  test("is not disturbed by who inspects it", async () => {
    const seen: InspectionEvent["type"][] = [];
    const inspect = (event: InspectionEvent): void => {
      seen.push(event.type);
      throw new Error("a careless observer");
    };
    const { house, wire, sent } = housed({ inspect });
    const log: string[] = [];
    house.admit(residence("ant", listener(log)));
    wire.send(remark("q"));
    await settled();
    expect(log).toEqual(["remark.made"]);
    expect(sent).toEqual([]);
    expect(new Set(seen)).toContain("@xstate.snapshot");
  });
});
