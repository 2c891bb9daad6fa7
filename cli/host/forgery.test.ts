/** Who may speak over a NATS server with keys: outsiders, members that pretend to be others, and an honest run. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Acts } from "../../runtime/acts.ts";
import { until } from "../../runtime/bus/bus.conformance.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { natsNote, skipNats } from "../../runtime/bus/nats-server.fixture.ts";
import { sealed, settled } from "../../runtime/messages.fixture.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { createCodec } from "../../runtime/wire/codec.ts";
import type { DeadLetter } from "../../runtime/wire/reader.ts";
import { recordDurable } from "../../runtime/wire/recorder.ts";
import { appendSubject, subjectOf } from "../../runtime/wire/sender.ts";
import { createKeeper, remark } from "../../runtime/wire/wire.fixture.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { type KeyedServer, startKeyedServer } from "../commands/keyed-server.fixture.ts";
import { writeKeys } from "../commands/keys.ts";
import { actSubject, receiveActs } from "./acts-over-bus.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, playWith, societyConfig } from "./society.fixture.ts";

const codec = createCodec();
const patience = { id: "once", timeoutMilliseconds: 2_000, patienceMilliseconds: 2_000 };

const trained: Draft<"training.requested"> = {
  ...{ type: "training.requested", job: "wren@v1", model: "wren", generation: 1, previous: 0, version: 1 },
  samples: ["a stranger's"],
};
const published: Draft<"adapter.published"> = {
  ...{ type: "adapter.published", job: "wren@v1", model: "wren", version: 1, folder: "/tmp/evil" },
};
const stopped: Draft<"operator.stopped"> = { type: "operator.stopped", act: "x", operator: "eve" };
const finished: Draft<"run.finished"> = { type: "run.finished", rounds: 0, reason: "because I say so" };

/** What would change a run, by whoever is entitled to it. */
const forgeries: readonly (readonly [string, Message])[] = [
  ["a settled question that changes ratings", { ...settled("q1"), from: "referee" }],
  ["a published adapter", sealed(published, "trainer")],
  ["a training on a stranger's text", sealed(trained, "trainer")],
  ["the end of the run", sealed(finished, "supervisor")],
  ["an act of the operator", sealed(stopped, "operator")],
];

/** The same, said in one's own name. */
const presumptions = forgeries.map(([what, message]) => [what, { ...message, from: "eve" }] as const);

/** A question of dan's that ends without a dossier. */
const unsettled = { question: "q1", round: 0, author: "dan", adapter: 0, text: "", reason: "" };

describe.skipIf(skipNats)(`over a NATS server with keys${natsNote}`, () => {
  let server: KeyedServer;
  beforeAll(async () => {
    server = await startKeyedServer(["dan", "eve"]);
  });
  afterAll(() => server?.stop());

  const connect = async (user: string): Promise<Bus> => {
    const bus = await server.connectAs(user);
    onTestFinished(() => bus.close());
    return bus;
  };

  /** The host of run `r` with its recorder, and what it hears and refuses. */
  const hosting = async () => {
    const bus = await connect("host");
    const letters: DeadLetter[] = [];
    const onDeadLetter = (letter: DeadLetter) => void letters.push(letter);
    const journal = createKeeper();
    const recorder = recordDurable({
      bus,
      run: "r",
      journal,
      onError: () => {},
      onDeadLetter,
      idleMilliseconds: 1,
    });
    const wire = createWire({ bus, run: "r", from: "host", onDeadLetter });
    const heard: Message[] = [];
    wire.hear("all", (message) => heard.push(message));
    await wire.ready();
    onTestFinished(() => {
      recorder.close();
      wire.close();
    });
    return { letters, journal, heard, wire };
  };

  /** Resolves with how often the server has refused what this connection does. */
  const refusals = async (bus: Bus, act: (bus: Bus) => unknown): Promise<string[]> => {
    const refused: string[] = [];
    bus.onStatus((status) => void (status.type === "refused" && refused.push(String(status.cause))));
    await act(bus);
    await bus.flush();
    await sleep(50);
    return refused;
  };

  describe("an outsider", () => {
    test.each(["", "eve@", "eve:guess@"])("without a key is not let in (%j)", async (credentials) => {
      const refused = connectNatsBus({ servers: server.url.replace("//", `//${credentials}`) });
      await expect(refused).rejects.toMatchObject({
        code: "AGORA_BUS_CONNECT",
        message: expect.stringContaining("natsKey"),
      });
    });

    test("with a key of its own making is not let in", async () => {
      const config = societyConfig();
      writeKeys(config.runsFolder, ["eve"]);
      const keyFile = join(config.runsFolder, "eve.nk");
      await expect(connectNatsBus({ servers: server.url, keyFile })).rejects.toThrow("only users it knows");
    });
  });

  describe("a member with its own key", () => {
    test.each([...forgeries, ...presumptions])("cannot get %s recorded", async (_, message) => {
      const { journal, heard } = await hosting();
      const bus = await connect("eve");
      const subject = appendSubject("r", message);
      await expect(bus.keep(subject, codec.encode(message), patience)).rejects.toMatchObject({
        code: "AGORA_BUS_REFUSED",
      });
      expect([journal.transactions, heard]).toEqual([[], []]);
    });

    test.each([...forgeries, ...presumptions])(
      "cannot announce %s as if it were recorded",
      async (_, message) => {
        const { heard } = await hosting();
        const bus = await connect("eve");
        const refused = await refusals(bus, () =>
          bus.publish(subjectOf("r", message), codec.encode(message)),
        );
        expect(refused).toEqual([expect.stringContaining("Permissions Violation for Publish")]);
        expect(heard).toEqual([]);
      },
    );

    test("cannot take what is meant for the recorder, in its queue group or without", async () => {
      const { journal, wire } = await hosting();
      const bus = await connect("eve");
      const stolen: string[] = [];
      const steal = (queue?: string) =>
        bus.subscribe(
          "agora.r.*.append.>",
          ({ subject }) => void stolen.push(subject),
          queue ? { queue } : {},
        );
      expect(await refusals(bus, () => steal("recorder"))).not.toEqual([]);
      expect(await refusals(bus, () => steal())).not.toEqual([]);
      bus.subscribe("agora.r.*.agent.left.*", () => {}, { queue: "recorder" });
      await bus.flush();
      for (let index = 0; index < 20; index += 1) {
        wire.send({ ...finished, rounds: index });
        wire.send({ type: "agent.left", agent: "host", reason: String(index) });
      }
      await wire.drain();
      await until(() => journal.transactions.flat().length === 40);
      expect(stolen).toEqual([]);
    });

    test("cannot read or give another's answers", async () => {
      const bus = await connect("eve");
      expect(await refusals(bus, () => bus.subscribe("_INBOX.>", () => {}))).not.toEqual([]);
      expect(await refusals(bus, () => bus.publish("_INBOX.x.y", codec.encode("recorded")))).toHaveLength(1);
    });

    test("cannot reach the training queue, its adapters or its orders", async () => {
      const bus = await connect("eve");
      for (const subject of ["$JS.API.INFO", "agora-training.job.x", "$O.agora-training.C.x"]) {
        expect(await refusals(bus, () => bus.publish(subject, codec.encode({})))).not.toEqual([]);
      }
    });

    test("that names another as the sender is refused, and counted", async () => {
      const { journal, heard, letters, wire } = await hosting();
      const bus = await connect("eve");
      const voided = sealed(
        {
          type: "question.voided",
          ...unsettled,
        },
        "dan",
      );
      const byEve = (message: Message): Message => ({ ...message, from: "eve" });
      bus.publish(subjectOf("r", byEve(sealed(remark("q1")))), codec.encode(sealed(remark("q1"), "dan")));
      const answer = await bus.keep(appendSubject("r", byEve(voided)), codec.encode(voided), patience);
      expect(new TextDecoder().decode(answer)).toBe("refused");
      await until(() => letters.length === 2);
      expect(letters.map(({ reason }) => reason).toSorted()).toEqual([
        "dan is not the sender of this subject",
        "question.voided from dan does not belong on this subject",
      ]);
      expect(wire.deadLetters).toBe(1);
      expect([journal.transactions, heard]).toEqual([[], []]);
    });

    test.each<[string, Draft]>([
      ["a departure", { type: "agent.left", agent: "dan", reason: "gone" }],
      ["a lapse", { type: "agent.lapsed", agent: "dan", failures: 9, cause: "down" }],
      [
        "a question as abandoned",
        {
          type: "question.abandoned",
          ...unsettled,
        },
      ],
      [
        "a verdict",
        {
          type: "verdict.given",
          question: "q1",
          verdicts: [{ solutionId: "s", verifier: "dan", adapter: 0, verdict: "refuse", text: "" }],
        },
      ],
      [
        "a ballot",
        {
          type: "ballot.cast",
          question: "q1",
          ballots: [{ pair: "p", voter: "dan", adapter: 0, choice: "s", text: "" }],
        },
      ],
    ])("that sends %s of another in its own name is refused, and counted", async (_, draft) => {
      const { heard, letters } = await hosting();
      const eve = createWire({ bus: await connect("eve"), run: "r", from: "eve" });
      onTestFinished(() => eve.close());
      eve.send(draft);
      await until(() => letters.length > 0);
      expect(letters[0]?.reason).toBe(`eve must not send ${draft.type} for dan`);
      expect(heard).toEqual([]);
    });
  });

  describe("an operator with a key of its own", () => {
    test("steers a run from another process, and does nothing else", async () => {
      const { journal, heard } = await hosting();
      const host = await connect("host");
      const asked: string[] = [];
      const perform: Acts["perform"] = async ({ act, operator = "" }) => {
        asked.push(act);
        return { act: "a", run: "r", operator, effect: "the run waits" };
      };
      receiveActs(host, "r", { perform });
      await host.flush();
      const bus = await connect("operator");
      const ask = (body: string) => bus.request(actSubject("r"), new TextEncoder().encode(body), patience);
      const answer = await ask('{"act":"pause","operator":"ada"}');
      expect(JSON.parse(new TextDecoder().decode(answer))).toMatchObject({ run: "r", operator: "ada" });
      expect(JSON.parse(new TextDecoder().decode(await ask('{"act":"dance"}')))).toMatchObject({
        code: "AGORA_ACT_VALUE",
      });
      expect(asked).toEqual(["pause"]);
      const eve = await connect("eve");
      await expect(eve.request(actSubject("r"), codec.encode({}), patience)).rejects.toMatchObject({
        code: "AGORA_BUS_REFUSED",
      });
      for (const [, message] of forgeries) {
        const own = { ...message, from: "operator" };
        const request = bus.keep(appendSubject("r", own), codec.encode(own), patience);
        await expect(request).rejects.toMatchObject({ code: "AGORA_BUS_REFUSED" });
      }
      const paused = sealed({ type: "operator.paused", act: "b", operator: "ada" }, "operator");
      const refused = await refusals(bus, () => bus.publish(subjectOf("r", paused), codec.encode(paused)));
      expect(refused).toHaveLength(1);
      expect([journal.transactions, heard]).toEqual([[], []]);
    });
  });

  test("an honest run with keys plays to its end, hears a member of another process, and no forgery", async () => {
    const config = societyConfig({ bufferThreshold: 2, updates: 1, rounds: 9 });
    const parts = scriptedParts(config, { bus: await server.connectAs("host") });
    const [danBus, eveBus] = [await connect("dan"), await connect("eve")];
    const dan = createWire({ bus: danBus, run: config.run, from: "dan" });
    dan.hear(["solution.offered"], ({ question }) => dan.send(remark(question, "seen")));
    await dan.ready();
    const refused: unknown[] = [];
    eveBus.onStatus((status) => void (status.type === "refused" && refused.push(status.cause)));
    const during = async (): Promise<void> => {
      for (const [, message] of [...forgeries, ...presumptions]) {
        eveBus.publish(subjectOf(config.run, message), codec.encode(message));
        eveBus.publish(appendSubject(config.run, message), codec.encode(message));
      }
    };
    const { end, records, heard, troubles } = await playWith(config, parts, { during });
    dan.close();
    expect(end).toEqual({ outcome: "finished", reason: "1 update made" });
    expect(troubles).toEqual([]);
    expect(refused).toHaveLength(2 * (forgeries.length + presumptions.length));
    expect(ofType(records, "adapter.published").map(({ job }) => job)).not.toContain("wren@v1");
    expect(ofType(records, "run.finished").map(({ reason }) => reason)).toEqual(["1 update made"]);
    expect(ofType(heard, "remark.made").some(({ from }) => from === "dan")).toBe(true);
    const remarks = ofType(records, "question.settled").flatMap(({ dossier }) => dossier.remarks ?? []);
    expect(remarks).toContainEqual(expect.objectContaining({ author: "dan", text: "seen" }));
  });
});
