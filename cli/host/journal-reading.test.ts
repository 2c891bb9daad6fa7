import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Presence } from "../../actors/presence.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { sealed } from "../../runtime/messages.fixture.ts";
import { type Draft, durableKey, type Message } from "../../runtime/messages.ts";
import { receiveAgents } from "../../runtime/wire/reception.ts";
import { failed } from "../../runtime/wire/wire.fixture.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { JournalReading } from "./journal-reading.ts";

const joined = (agent: string): Draft => ({
  ...{ type: "agent.joined", agent, kind: "model", machine: null, member: true },
});

/** A host with a journal, and a guest that plays `cat`. */
const meet = () => {
  const bus = createMemoryBus();
  const wire = createWire({ bus, run: "r", from: "cat" });
  const entrance = { bus, run: "r", agent: "cat" };
  const host = { journal: [] as Message[], presence: new Presence(), asked: [] as number[] };
  const register = {
    ...{ term: 1, created: 1, config: {}, whyNot: () => undefined, present: () => host.presence.messages() },
    records: (after: number) => {
      host.asked.push(after);
      return host.journal.slice(after).map((message, index) => ({ seq: after + index + 1, message }));
    },
  };
  const presence = new Presence();
  const reading = new JournalReading({ wire, entrance, agents: ["cat"], presence });
  const heard: (string | undefined)[] = [];
  wire.hear("all", (message) => heard.push(durableKey(message) ?? message.type));
  onTestFinished(async () => {
    reading.end();
    wire.close();
    await bus.close();
  });
  const record = (...drafts: Draft[]) =>
    host.journal.push(...drafts.map((draft) => sealed(draft, "trainer")));
  const tell = (...drafts: Draft[]) => {
    for (const draft of drafts) host.presence.accept(sealed(draft, "attendance"));
  };
  return {
    ...{ host, wire, reading, presence, heard, record, tell },
    answer: () => receiveAgents({ bus, run: "r", register }),
  };
};

test("what was missed is heard once, with who takes part now, and what was read is not read again", async () => {
  const { host, reading, presence, heard, record, tell, answer } = meet();
  answer();
  record(failed("j1"));
  tell(joined("ant"), joined("bee"), joined("cat"));
  await reading.begin();
  expect(presence.members()).toEqual(["ant", "bee", "cat"]);
  record(failed("j2"));
  tell({ type: "agent.lapsed", agent: "bee", failures: 0, cause: "it left" }, joined("dog"));
  await reading.catchUp();
  await reading.catchUp();
  expect(heard).toEqual(["job.ended:j2", "agent.lapsed", "agent.joined"]);
  expect(presence.members()).toEqual(["ant", "cat", "dog"]);
  expect(host.asked).toEqual([0, 1, 2]);
});

test("whether its own agents take part a guest knows itself", async () => {
  const { reading, presence, heard, tell, answer } = meet();
  answer();
  tell(joined("ant"), joined("cat"));
  await reading.begin();
  tell({ type: "agent.left", agent: "cat", reason: "unknown to a host that has just started" });
  await reading.catchUp();
  expect([presence.isPresent("cat"), heard]).toEqual([true, []]);
});

test("what is heard while the host answers is newer than its answer", async () => {
  const { wire, reading, presence, tell, answer } = meet();
  answer();
  tell(joined("ant"), joined("cat"));
  await reading.begin();
  tell({ type: "agent.lapsed", agent: "ant", failures: 0, cause: "away" });
  const caughtUp = reading.catchUp();
  wire.send({ type: "agent.recovered", agent: "ant" }, "attendance");
  await caughtUp;
  expect(presence.isPresent("ant")).toBe(true);
});

test("a host that does not answer is asked again until it does, or the visit is over", async () => {
  const { reading, heard, record, answer } = meet();
  const serving = answer();
  await reading.begin();
  serving.unsubscribe();
  record(failed("j1"));
  const caughtUp = reading.catchUp();
  await sleep(50);
  expect(heard).toEqual([]);
  answer();
  await caughtUp;
  expect(heard).toEqual(["job.ended:j1"]);
});

test("a visit that is over asks no more", async () => {
  const { host, reading, answer } = meet();
  const serving = answer();
  await reading.begin();
  serving.unsubscribe();
  const caughtUp = reading.catchUp();
  await sleep(50);
  reading.end();
  answer();
  await caughtUp;
  expect(host.asked).toEqual([0]);
});
