/** The end of a run with members in other processes: their last costs are recorded, and nobody is waited for for long. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Bus } from "../../runtime/bus/bus.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import {
  type NatsServer,
  natsNote,
  skipNats,
  startNatsServer,
} from "../../runtime/bus/nats-server.fixture.ts";
import type { Config } from "../../runtime/config/config.ts";
import { guestConfig } from "../../runtime/config/guest-config.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { createCodec } from "../../runtime/wire/codec.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { admitted } from "./admission.ts";
import { Farewells } from "./farewells.ts";
import { visit } from "./guest.ts";
import { OwedCosts } from "./owed-costs.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

const run = "test";
const metered = "append.call.metered";

const replacing = (bus: Bus, changed: Partial<Bus>): Bus =>
  new Proxy(bus, {
    get: (target, key) => {
      const value: unknown = Reflect.get(Object.hasOwn(changed, key) ? changed : target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** Its costs take so long to arrive [ms]. */
const lateCosts = (bus: Bus, milliseconds: number): Bus =>
  replacing(bus, {
    keep: async (...given) => {
      if (given[0].includes(metered)) await sleep(milliseconds);
      return bus.keep(...given);
    },
  });

const { decode } = createCodec();

const isFarewell = (payload: Uint8Array): boolean => {
  const message = decode(payload) as Partial<Message>;
  return message.type === "agent.pulsed" && message.leaves !== undefined;
};

/** Says nothing from its farewell on, as if its process had been killed just before. */
const mortal = (bus: Bus): Bus => {
  let isDead = false;
  const silence = new Promise<never>(() => {});
  return replacing(bus, {
    publish: (subject, payload, term) => {
      isDead ||= isFarewell(payload);
      if (!isDead) bus.publish(subject, payload, term);
    },
    keep: (...given) => (isDead ? silence : bus.keep(...given)),
  });
};

const callsOf = (records: readonly Message[], agent: string): number =>
  ofType(records, "call.metered")
    .filter(({ model }) => model === agent)
    .reduce((sum, { calls }) => sum + calls, 0);

const callsIn = (parts: ReturnType<typeof scriptedParts>, agent: string): number =>
  parts.scripted.find(({ name }) => name === agent)?.calls ?? 0;

describe.skipIf(skipNats)(`a run that finishes${natsNote}`, { timeout: 60_000 }, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  const connected = async (): Promise<Bus> => {
    const bus = await connectNatsBus({ servers: server.url });
    onTestFinished(() => bus.close());
    return bus;
  };

  /** The cat plays over this bus. */
  const visiting = async (bus: Bus) => {
    const agents = ["cat"];
    const terms = new Terms();
    const { signal } = new AbortController();
    const received = await admitted(bus, run, agents, { terms, seconds: 20, signal, onWait: () => {} });
    const config = guestConfig(received ?? {}, agents, { models: [] });
    const models = config.models.filter(({ name }) => name === "cat");
    const parts = scriptedParts({ ...config, models });
    const owed = new OwedCosts();
    const ended = visit({ bus, config, agents, parts, terms, owed, signal });
    return { ended, owed, parts };
  };

  const hosting = async (guestBus: Bus) => {
    const config: Config = societyConfig({ heartbeatSeconds: 1 });
    const parts = scriptedParts(config, { bus: await connected() });
    const visits: Awaited<ReturnType<typeof visiting>>[] = [];
    let finishedAt = Number.NaN;
    let waited = Number.NaN;
    const { end, records } = await playWith(config, parts, {
      remote: ["cat"],
      onMessage: (message) => {
        if (message.type === "run.finished") finishedAt = performance.now();
      },
      during: async (hosted) => {
        visits.push(await visiting(guestBus));
        await hosted.ended;
        waited = performance.now() - finishedAt;
      },
    });
    const [guest] = visits;
    if (guest === undefined) throw new Error("the cat has not visited");
    expect(end.outcome).toBe("finished");
    expect(await guest.ended).toMatchObject({ outcome: "finished" });
    const made = callsIn(guest.parts, "cat") + callsIn(parts, "cat");
    return { records, guest, made, waited };
  };

  test("has the costs of its guests, however late they come within the host's patience", async () => {
    const { records, guest, made } = await hosting(lateCosts(await connected(), 1_200));
    expect(callsIn(guest.parts, "cat")).toBeGreaterThan(0);
    expect([callsOf(records, "cat"), guest.owed.calls]).toEqual([made, 0]);
    // Who leaves then is not absent.
    expect(ofType(records, "agent.lapsed")).toEqual([]);
  });

  test("does not wait for a guest that has said farewell", async () => {
    const { waited } = await hosting(await connected());
    expect(waited).toBeLessThan(1_500);
  });

  test("waits for a guest that was killed no longer than its patience", async () => {
    const { records, guest, made, waited } = await hosting(mortal(await connected()));
    expect(waited).toBeGreaterThan(1_900);
    expect(waited).toBeLessThan(4_000);
    expect([callsOf(records, "cat"), guest.owed.calls]).toEqual([made, 0]);
  });
});

const pulsed = (agent: string, leaves?: string): Draft => ({
  ...{ type: "agent.pulsed", agent, life: "one", every: 2 },
  ...(leaves === undefined ? {} : { leaves }),
});

test("awaited are those of other processes that show signs of life, until they leave or are missed", async () => {
  const bus = createMemoryBus();
  const wire = createWire({ bus, run });
  onTestFinished(async () => {
    wire.close();
    await bus.close();
  });
  const farewells = new Farewells(wire, ["bee", "cat"]);
  const haveLeft = async (): Promise<boolean> => {
    await sleep(20);
    return Promise.race([farewells.all().then(() => true), sleep(20).then(() => false)]);
  };
  const say = (draft: Draft): void => wire.send(draft, "agent" in draft ? draft.agent : "host");
  expect(await haveLeft()).toBe(true);
  say(pulsed("verifier"));
  expect(await haveLeft()).toBe(true);
  say(pulsed("bee"));
  say(pulsed("cat"));
  say(pulsed("bee", "the run has finished"));
  expect(await haveLeft()).toBe(false);
  wire.send({ type: "agent.lapsed", agent: "cat", failures: 0, cause: "no sign of life" }, "attendance");
  expect(await haveLeft()).toBe(true);
  say(pulsed("cat"));
  expect(await haveLeft()).toBe(false);
});
