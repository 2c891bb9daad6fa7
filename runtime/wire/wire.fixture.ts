/** Wires and recorders for tests, over both buses. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import type { Bus } from "../bus/bus.ts";
import { createMemoryBus } from "../bus/bus-memory.ts";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import { type Draft, durableKey, type Message } from "../messages.ts";
import { type Keeper, type Recorder, type RecorderOptions, recordDurable } from "./recorder.ts";
import { appendPattern } from "./sender.ts";
import { createWire, type Wire, type WireOptions } from "./wire.ts";

export const left = (agent: string): Draft<"agent.left"> => ({ type: "agent.left", agent, reason: "done" });

export const remark = (question: string, text = ""): Draft<"remark.made"> => ({
  type: "remark.made",
  question,
  kind: "aside",
  text,
});

export const finished: Draft<"run.finished"> = { type: "run.finished", rounds: 3, reason: "asked for" };

export const failed = (job: string): Draft<"training.failed"> => ({
  type: "training.failed",
  job,
  model: "ada",
  version: 1,
  cause: "crashed",
});

export type TestKeeper = Keeper & { readonly transactions: Message[][] };

/** A journal in memory that exposes its transactions. */
export const createKeeper = (): TestKeeper => {
  const transactions: Message[][] = [];
  const kept = new Map<string, Message>();
  const isNew = (message: Message): boolean => {
    const key = durableKey(message);
    if (key === undefined) return true;
    return !kept.has(key) && kept.set(key, message).has(key);
  };
  return {
    transactions,
    append: (messages) => {
      transactions.push([...messages]);
      return messages.filter(isNew);
    },
    find: (key) => kept.get(key),
  };
};

export type Society = {
  bus(): Bus;
  /** A wire of run `r` that sends as `ada`; closed after the test. */
  wireWith(options?: Partial<WireOptions>): Wire;
  recorderWith(options?: Partial<RecorderOptions>): TestKeeper & Pick<Recorder, "ready">;
  /** Resolves once every message sent before is handled. */
  settle(wire: Wire): Promise<void>;
};

const settle = async (wire: Wire): Promise<void> => {
  const mark = `mark ${Math.random()}`;
  let seen = false;
  const subscription = wire.hear(["remark.made"], (message) => {
    seen ||= message.text === mark;
  });
  wire.send(remark("mark", mark));
  await until(() => seen);
  subscription.unsubscribe();
};

/** A new bus for each test of the calling suite. */
const createSociety = (open: () => Promise<Bus>): Society => {
  let bus: Bus;
  let ends: (() => void)[];
  beforeEach(async () => {
    bus = await open();
    // The server still keeps what the test before has sent and nobody has recorded.
    const sweeper = bus.receive(appendPattern("r"), () => {}, { afresh: true });
    await sweeper.ready;
    sweeper.end();
    ends = [];
  });
  afterEach(async () => {
    for (const end of ends.toReversed()) end();
    await bus.close();
  });
  return {
    bus: () => bus,
    wireWith: (options = {}) => {
      const wire = createWire({ bus, run: "r", from: "ada", ...options });
      ends.push(() => wire.close());
      return wire;
    },
    recorderWith: (options = {}) => {
      const journal = createKeeper();
      const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined, ...options });
      ends.push(() => recorder.close());
      return { ...journal, ready: recorder.ready };
    },
    settle,
  };
};

const configuration = join(import.meta.dirname, "../../nats.conf");

export const overBothBuses = (name: string, suite: (society: Society) => void): void => {
  describe(`${name} over the embedded bus`, () => suite(createSociety(async () => createMemoryBus())));
  describe.skipIf(skipNats)(`${name} over a real nats-server${natsNote}`, () => {
    let server: NatsServer;
    beforeAll(async () => {
      server = await startNatsServer(["-c", configuration]);
    });
    afterAll(() => server?.stop());
    suite(createSociety(async () => await connectNatsBus({ servers: server.url })));
  });
};
