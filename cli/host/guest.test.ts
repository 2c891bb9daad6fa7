/** Members in other processes, over a real NATS server: they join, vanish, leave, come late and come again. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { Link } from "../../runtime/bus/link.fixture.ts";
import {
  type NatsServer,
  natsNote,
  skipNats,
  startNatsServer,
} from "../../runtime/bus/nats-server.fixture.ts";
import type { Config, ConfigInput } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script } from "../../runtime/model/scripted.ts";
import { createCodec } from "../../runtime/wire/codec.ts";
import { enterSubject, wireVersion } from "../../runtime/wire/enter.ts";
import { knock } from "../../runtime/wire/entrance.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { type KeyedServer, startKeyedServer } from "../commands/keyed-server.fixture.ts";
import { type Guest, guestAt, saying } from "./guest-process.fixture.ts";
import type { Run } from "./host.ts";
import { scriptedParts, soundScript } from "./scripted-society.ts";
import { ofType, playWith, sayingOf, societyConfig } from "./society.fixture.ts";

const heartbeatSeconds = 1;
/** Far more than a test may take: nothing here may wait for a deadline. */
const patient: ConfigInput = { phaseTimeoutSeconds: 3_000, patienceSeconds: 3_000, heartbeatSeconds };

/** Goes on until it is stopped. */
const endless: ConfigInput = { rounds: 100_000, lora: false, externalAnchor: false };

/** Models that leave the processor to others. */
const unhurried = (config: Config): Readonly<Record<string, Script>> =>
  Object.fromEntries(
    config.models.map(({ name }, index) => {
      const { solver = [] } = soundScript(index);
      const say = typeof solver === "function" ? solver : () => "";
      const slow = (call: ModelCall) => ({ text: String(say(call)), delaySeconds: 0.03 });
      return [name, { solver: slow }];
    }),
  );

const solversIn = (records: readonly Message[]): string[] => {
  const authors = ofType(records, "question.settled").flatMap(({ dossier }) =>
    dossier.solutions.map(({ author }) => author),
  );
  return [...new Set(authors)].toSorted();
};

describe.skipIf(skipNats)(`members in other processes${natsNote}`, { timeout: 300_000 }, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  const hosting = async (
    more: ConfigInput,
    remote: readonly string[],
    during: (run: Run, heard: readonly Message[]) => Promise<void>,
    servers = server.url,
  ) => {
    const config = societyConfig({ ...patient, ...more });
    const scripts = unhurried(config);
    const parts = scriptedParts(config, { scripts, bus: await connectNatsBus({ servers }) });
    const heard: Message[] = [];
    return playWith(config, parts, {
      remote,
      onMessage: (message) => void heard.push(message),
      during: (run) => during(run, heard),
    });
  };

  test("two and three processes play one run, and end with it", async () => {
    const guests: Guest[] = [];
    const { end, records, parts, troubles } = await hosting(
      { lora: true, bufferThreshold: 4, updates: 1, rounds: 9 },
      ["bee", "cat"],
      async () => {
        guests.push(guestAt(server.url, "bee"), guestAt(server.url, "cat"));
      },
    );
    expect(end).toEqual({ outcome: "finished", reason: "1 update made" });
    expect(troubles).toEqual([]);
    expect(solversIn(records)).toEqual(["ant", "bee", "cat"]);
    expect(
      ofType(records, "adapter.published")
        .map(({ model }) => model)
        .toSorted(),
    ).toEqual(["ant", "bee", "cat"]);
    expect(ofType(records, "agent.failed")).toEqual([]);
    expect(
      ofType(records, "call.metered").some(({ model, role }) => model === "cat" && role === "solver"),
    ).toBe(true);
    for (const [index, name] of ["bee", "cat"].entries()) {
      const { ended, said } = guests[index] ?? expect.fail();
      expect([await ended, said.err]).toEqual([0, ""]);
      expect(said.out).toContain("The run has finished: 1 update made.");
      const recorded = ofType(records, "call.metered")
        .filter(({ model }) => model === name)
        .reduce((sum, { calls }) => sum + calls, 0);
      // The host calls its own copy of a guest's model only to measure it.
      const host = parts.scripted.find((model) => model.name === name)?.calls ?? Number.NaN;
      expect(host).toBeLessThan(recorded / 2);
      expect(said.out).toContain(`made ${recorded - host} calls\n`);
    }
  });

  test("one that is killed mid-question abstains, and may come again", async () => {
    const { records } = await hosting(endless, ["cat"], async (run, heard) => {
      const first = guestAt(server.url, "cat", { hanging: "solver" });
      await saying(first, "asked solver");
      first.child.kill("SIGKILL");
      await until(() => ofType(heard, "round.closed").length >= 1);
      const second = guestAt(server.url, "cat");
      await until(() => solversIn(heard).includes("cat"));
      await run.stop();
      second.child.kill("SIGKILL");
    });
    const [lapsed] = ofType(records, "agent.lapsed");
    expect(lapsed).toMatchObject({ agent: "cat", from: "attendance", cause: "no sign of life for 5 s" });
    const settled = ofType(records, "question.settled");
    const without = settled.filter(({ dossier }) => dossier.absent?.includes("cat"));
    expect(without.length).toBeGreaterThan(0);
    expect(without[0]?.dossier.withheld).toContainEqual({ author: "cat", cause: "absent" });
    expect(without.every(({ dossier }) => dossier.verified.length === 2)).toBe(true);
    expect(new Set(settled.map(({ dossier }) => dossier.question)).size).toBe(settled.length);
  });

  // A guest may be away for less than five signs of life; to a host's own time of absence nobody is held.
  test.each([
    { who: "guest", cuts: [600, 600, 600] },
    { who: "host", cuts: [600, 600, 6_500] },
  ])("a $who whose link is cut for a while misses nothing under way", async ({ who, cuts }) => {
    const link = await Link.open(server.port);
    onTestFinished(() => link.close());
    const playing = async (run: Run, heard: readonly Message[]): Promise<void> => {
      const guest = guestAt(who === "guest" ? link.url : server.url, "cat");
      const settled = () => ofType(heard, "question.settled").length;
      await until(() => settled() > 4);
      for (const cut of cuts) {
        link.become("cut");
        await sleep(cut);
        link.become("whole");
        const before = settled();
        await until(() => settled() > before + 6);
      }
      await run.stop();
      guest.child.kill("SIGKILL");
    };
    const { records } = await hosting(endless, ["cat"], playing, who === "host" ? link.url : undefined);
    expect(ofType(records, "agent.lapsed")).toEqual([]);
    expect(ofType(records, "question.voided")).toEqual([]);
    const groups = ofType(records, "question.settled").map(({ dossier }) =>
      dossier.solutions.map(({ author }) => author).toSorted(),
    );
    expect(new Set(groups.map(String))).toEqual(new Set(["ant,bee,cat"]));
  });

  test("one whose link is cut while another leaves does not wait for that one afterwards", async () => {
    const link = await Link.open(server.port);
    onTestFinished(() => link.close());
    const { records } = await hosting(endless, ["bee", "cat"], async (run, heard) => {
      const bee = guestAt(server.url, "bee");
      const cat = guestAt(link.url, "cat");
      await until(() => solversIn(heard).length === 3);
      link.become("cut");
      bee.child.kill("SIGINT");
      await bee.ended;
      link.become("whole");
      const byCat = () => ofType(heard, "question.settled").filter(({ dossier }) => dossier.author === "cat");
      const before = byCat().length;
      await until(() => byCat().length > before + 2);
      await run.stop();
      cat.child.kill("SIGKILL");
    });
    const last = ofType(records, "question.settled").findLast(({ dossier }) => dossier.author === "cat");
    expect(last?.dossier.group).toEqual(["ant", "cat"]);
  });

  test("if the endpoints of too many refuse permanently, the run ends with the reason", async () => {
    const guests: Guest[] = [];
    const { end } = await hosting({ rounds: 1_000, absentAfter: 99 }, ["bee", "cat"], async () => {
      guests.push(...["bee", "cat"].map((name) => guestAt(server.url, name, { hanging: "refused" })));
    });
    expect(String(end.outcome === "failed" && end.cause)).toMatch(
      /2 of 3 models fail permanently: (bee|cat) at .*HTTP 401/,
    );
    await Promise.all(guests.map(({ child }) => child.kill("SIGKILL")));
  });

  test("what one that is killed was to pose is void at once", async () => {
    const { records } = await hosting(endless, ["cat"], async (run, heard) => {
      const guest = guestAt(server.url, "cat", { hanging: "generator" });
      await saying(guest, "asked generator");
      guest.child.kill("SIGKILL");
      const [lost] = ofType(heard, "round.opened").filter(({ generator }) => generator === "cat");
      await until(() => ofType(heard, "round.closed").some(({ round }) => round > (lost?.round ?? 0)));
      await run.stop();
    });
    const voided = ofType(records, "question.voided");
    expect(voided.map(({ from, author, reason }) => [from, author, reason])).toEqual(
      Array(2).fill(["referee", "cat", "cat is gone: no sign of life for 5 s"]),
    );
    const generators = ofType(records, "round.opened").map(({ generator }) => generator);
    expect(generators.filter((generator) => generator === "cat")).toHaveLength(1);
  });

  test("one that leaves is absent from then on, and the run goes on", async () => {
    const { records } = await hosting(endless, ["bee"], async (run, heard) => {
      const guest = guestAt(server.url, "bee");
      await until(() => solversIn(heard).includes("bee"));
      guest.child.kill("SIGINT");
      expect([await guest.ended, guest.said.err]).toEqual([0, ""]);
      expect(guest.said.out).toContain("bee left the run");
      const closed = ofType(heard, "round.closed").length;
      await until(() => ofType(heard, "round.closed").length > closed + 2);
      await run.stop();
    });
    const [lapsed] = ofType(records, "agent.lapsed");
    expect(lapsed).toMatchObject({ agent: "bee", cause: "it left: its process was stopped" });
    expect(ofType(records, "question.settled").at(-1)?.dossier.group).toEqual(["ant", "cat"]);
  });

  test("one whose host stops waits for it, and takes part again when it resumes", async () => {
    const config = societyConfig({ ...patient, ...endless });
    const partsNow = async () =>
      scriptedParts(config, { bus: await connectNatsBus({ servers: server.url }) });
    const guest = guestAt(server.url, "cat");
    for (const resume of [false, true]) {
      const { said, onMessage } = sayingOf(
        (message) => message.type === "question.settled" && solversIn([message]).includes("cat"),
      );
      await playWith(config, await partsNow(), {
        ...{ resume, remote: ["cat"], onMessage },
        during: async (run) => {
          await said;
          await run.stop();
        },
      });
      await until(
        () => guest.said.out.split("Waiting: the host has ended (stopped).").length === (resume ? 3 : 2),
      );
    }
    guest.child.kill("SIGINT");
    expect([await guest.ended, guest.said.err]).toEqual([0, ""]);
  });

  test("one that comes late catches up from the journal, adapters included", async () => {
    const late = { phaseTimeoutSeconds: 6, patienceSeconds: 6, callTimeoutSeconds: 5 };
    const inForce = (heard: readonly Message[]) =>
      ofType(heard, "adapter.published").findLast(({ model }) => model === "cat")?.version ?? 0;
    const laterBy = (heard: readonly Message[], from: number) =>
      ofType(heard.slice(from), "solution.offered").filter(({ offered }) => offered.author === "cat");
    const { records } = await hosting(
      { ...late, rounds: 100_000, bufferThreshold: 30 },
      ["cat"],
      async (run, heard) => {
        await until(() => ofType(heard, "round.closed").length >= 2);
        const first = guestAt(server.url, "cat");
        await until(() => inForce(heard) >= 1);
        first.child.kill("SIGINT");
        expect(await first.ended).toBe(0);
        const version = inForce(heard);
        const second = guestAt(server.url, "cat");
        const from = heard.length;
        await until(() => laterBy(heard, from).length >= 5);
        expect(laterBy(heard, from).at(-1)?.offered.adapter).toBeGreaterThanOrEqual(version);
        await run.stop();
        second.child.kill("SIGKILL");
      },
    );
    const settled = ofType(records, "question.settled");
    expect(settled[0]?.dossier.group).toEqual(["ant", "bee"]);
    expect(settled.some(({ dossier }) => dossier.group.includes("cat"))).toBe(true);
    expect(new Set(settled.map(({ dossier }) => dossier.question)).size).toBe(settled.length);
  });

  test("who may not enter is told why", async () => {
    const run = "test";
    await hosting(endless, ["cat"], async (hosted) => {
      const bus = await connectNatsBus({ servers: server.url });
      const asked = (agent: string, more = {}) => knock({ bus, run, agent, ...more });
      await expect(asked("dan")).rejects.toMatchObject({
        code: "AGORA_JOIN_AGENT",
        message: "run test has no member called dan; expected one of cat",
      });
      await expect(asked("bee")).rejects.toMatchObject({
        code: "AGORA_JOIN_HOSTED",
        message: expect.stringContaining("--remote cat,bee"),
      });
      await expect(asked("cat", { version: { wire: 0, version: "0.0.1" } })).rejects.toMatchObject({
        code: "AGORA_JOIN_VERSION",
        message: expect.stringContaining(
          `this is Agora 0.0.1 (wire version 0); expected wire version ${wireVersion}`,
        ),
      });
      const config = await asked("cat");
      expect(config).toMatchObject({ run: "test", remote: ["cat"] });
      for (const key of ["nats", "natsKey", "servers"]) expect(config).not.toHaveProperty(key);
      const codec = createCodec();
      const spoof = codec.encode({ agent: "cat", wire: wireVersion, version: "1" });
      const reply = codec.decode(
        await bus.request(enterSubject(run, "dan"), spoof, { timeoutMilliseconds: 5_000 }),
      );
      expect(reply).toMatchObject({ refused: "malformed" });

      const terms = new Terms();
      await asked("cat", { terms });
      // An agent that has heard a later host gets no answer from this one.
      terms.raise(terms.highest + 1);
      await expect(asked("cat", { terms, patience: 500 })).rejects.toMatchObject({ code: "AGORA_JOIN_RUN" });

      const first = guestAt(server.url, "cat");
      await saying(first, "take part");
      await until(() => hosted.members().includes("cat"));
      await expect(asked("cat")).rejects.toMatchObject({ code: "AGORA_JOIN_PRESENT" });
      const wrong = guestAt(server.url, "cat", { run: "tset", wait: "0" });
      expect(await wrong.ended).toBe(1);
      expect(wrong.said.err).toBe(
        "nobody plays a run called tset at this NATS server; expected one of test\n",
      );
      await bus.close();
      await hosted.stop();
    });
  });
});

describe.skipIf(skipNats)(`members with keys${natsNote}`, { timeout: 300_000 }, () => {
  let server: KeyedServer;
  beforeAll(async () => {
    server = await startKeyedServer(["bee", "cat"]);
  });
  afterAll(() => server?.stop());

  test("each speaks with its own, also two in one process; with another's it is refused", async () => {
    const config = societyConfig(patient);
    const parts = scriptedParts(config, { bus: await server.connectAs("host") });
    const keys = join(server.keyOf("cat"), "..");
    const { end, records, troubles } = await playWith(config, parts, {
      remote: ["bee", "cat"],
      during: async () => {
        const wrong = guestAt(server.url, "cat", { natsKey: server.keyOf("bee") });
        expect(await wrong.ended).toBe(1);
        expect(wrong.said.err).toContain("does not let this key speak as cat; expected the key of cat");
        const none = guestAt(server.url, "cat");
        expect(await none.ended).toBe(1);
        expect(none.said.err).toContain("lets in only users it knows");
        const one = guestAt(server.url, "bee,cat", { natsKey: server.keyOf("cat") });
        expect(await one.ended).toBe(2);
        expect(one.said.err).toContain("bee, cat have a key each");
        const both = guestAt(server.url, "bee,cat", { natsKey: keys });
        expect([await both.ended, both.said.err]).toEqual([0, ""]);
      },
    });
    expect(end.outcome).toBe("finished");
    expect(troubles).toEqual([]);
    expect(solversIn(records)).toEqual(["ant", "bee", "cat"]);
  });
});
