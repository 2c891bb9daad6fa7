import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { appendSubject, readAnswer } from "./append.ts";
import type { Bus } from "./bus.ts";
import { bytes, until } from "./bus-conformance.ts";
import { createMemoryBus } from "./bus-memory.ts";
import { connectNatsBus } from "./bus-nats.ts";
import { createCodec } from "./codec.ts";
import { Journal } from "./journal.ts";
import { sealed, settled } from "./messages.fixture.ts";
import { type Draft, type Message, subjectOf } from "./messages.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "./nats-server.fixture.ts";
import type { DeadLetter } from "./reader.ts";
import { type Keeper, type RecorderOptions, recordDurable } from "./recorder.ts";
import { createWire, type Wire, type WireOptions } from "./wire.ts";

const codec = createCodec();
const left = (agent: string): Draft<"agent.left"> => ({ type: "agent.left", agent, reason: "done" });
const remark = (question: string, text = ""): Draft<"remark.made"> => ({
  type: "remark.made",
  question,
  kind: "critic",
  text,
});
const finished: Draft<"run.finished"> = { type: "run.finished", rounds: 3, reason: "asked for" };
const failed = (job: string): Draft<"training.failed"> => ({
  type: "training.failed",
  job,
  model: "ada",
  version: 1,
  cause: "crashed",
});
const answerTimeout = { timeoutMilliseconds: 5_000 };

/** A journal in memory that shows its transactions. */
const createKeeper = (): Keeper & { readonly transactions: Message[][] } => {
  const transactions: Message[][] = [];
  const jobs = new Set<string>();
  const isNew = (message: Message): boolean => {
    if (message.type !== "training.failed") return true;
    return !jobs.has(message.job) && jobs.add(message.job).size > 0;
  };
  return {
    transactions,
    append: (messages) => {
      transactions.push([...messages]);
      return messages.filter(isNew);
    },
  };
};

/** With bytes as numbers: a Buffer and a Uint8Array of the same bytes are equal here. */
const plain = (letter: unknown): unknown => ({
  ...(letter as DeadLetter),
  payload: [...(letter as DeadLetter).payload],
});

type Open = () => Promise<Bus>;

const describeWire = (name: string, open: Open): void => {
  describe(name, () => {
    let bus: Bus;
    let ends: (() => void)[];
    beforeEach(async () => {
      bus = await open();
      ends = [];
    });
    afterEach(async () => {
      for (const end of ends.toReversed()) end();
      await bus.close();
    });

    const wireWith = (options: Partial<WireOptions> = {}): Wire => {
      const wire = createWire({ bus, run: "r", from: "ada", ...options });
      ends.push(() => wire.close());
      return wire;
    };
    const recorderWith = (options: Partial<RecorderOptions> = {}): Keeper & { transactions: Message[][] } => {
      const journal = createKeeper();
      const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined, ...options });
      ends.push(() => recorder.close());
      return journal;
    };
    /** All that was sent before has been handled once this resolves. */
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

    test("adds the envelope, and hands a message to those who asked for its type", async () => {
      const wire = wireWith({ clock: () => 77 });
      const heard: unknown[] = [];
      wire.hear(["agent.left", "remark.made"], (message) => heard.push(["both", message.type]));
      wire.hear(["agent.left"], (message) => heard.push(message));
      wire.hear(["question.posed"], () => heard.push("never"));
      wire.send(left("bob"));
      wire.send(left("bob"), "cyd");
      wire.send(remark("q1"));
      await settle(wire);
      expect(heard.slice(0, 5)).toEqual([
        ["both", "agent.left"],
        { ...left("bob"), from: "ada", at: 77 },
        ["both", "agent.left"],
        { ...left("bob"), from: "cyd", at: 77 },
        ["both", "remark.made"],
      ]);
    });

    test("narrows to one question, and follows everything", async () => {
      const wire = wireWith();
      const [one, all, oneOfAll]: [string[], string[], string[]] = [[], [], []];
      wire.hear(["remark.made"], ({ question }) => one.push(question), { id: "q.1" });
      wire.hear("all", ({ type }) => all.push(type));
      wire.hear("all", ({ type }) => oneOfAll.push(type), { id: "q.1" });
      for (const question of ["q.1", "q.2", "q_1"]) wire.send(remark(question));
      wire.send(left("bob"));
      await settle(wire);
      expect(one).toEqual(["q.1"]);
      expect(all.slice(0, 4)).toEqual(["remark.made", "remark.made", "remark.made", "agent.left"]);
      expect(oneOfAll).toEqual(["remark.made"]);
    });

    test("listeners may come and go while one message is handed over", async () => {
      const wire = wireWith();
      const heard: string[] = [];
      wire.hear(["agent.left"], () => {
        heard.push("first");
        second.unsubscribe();
        second.unsubscribe();
        wire.hear(["agent.left"], () => heard.push("late"));
      });
      const second = wire.hear(["agent.left"], () => heard.push("second"));
      wire.send(left("a"));
      await settle(wire);
      expect(heard).toEqual(["first"]);
      wire.send(left("b"));
      await settle(wire);
      expect(heard).toEqual(["first", "first", "late"]);
    });

    test("a listener that throws or rejects is reported and disturbs nobody", async () => {
      const onHandlerError = vi.fn();
      const wire = wireWith({ onHandlerError });
      const heard: string[] = [];
      wire.hear(["agent.left"], () => {
        throw new Error("thrown");
      });
      wire.hear(["agent.left"], async () => {
        throw new Error("rejected");
      });
      wire.hear(["agent.left"], ({ agent }) => heard.push(agent));
      wire.send(left("a"));
      wire.send(left("b"));
      await settle(wire);
      expect(heard).toEqual(["a", "b"]);
      expect(onHandlerError).toHaveBeenCalledTimes(4);
      expect(onHandlerError).toHaveBeenCalledWith(new Error("thrown"), expect.objectContaining(left("a")));
    });

    test("what is no message goes to the dead letters, is counted, and stops nothing", async () => {
      const letters: DeadLetter[] = [];
      const wire = wireWith({
        codec: createCodec({ maxBytes: 5_000 }),
        onDeadLetter: (letter) => letters.push(letter),
      });
      const published: unknown[] = [];
      bus.subscribe("agora.r.dead-letter", ({ payload }) => void published.push(codec.decode(payload)));
      const put = (subject: string, payload: Uint8Array): void => bus.publish(subject, payload);
      put("agora.r.agent.left.a", bytes("\xc1 no MessagePack"));
      put("agora.r.agent.left.a", codec.encode({ type: "agent.eaten", from: "a", at: 1 }));
      put("agora.r.agent.left.a", codec.encode({ ...left("a"), from: "a" }));
      put(
        "agora.r.agent.left.a",
        codec.encode({ ...left("a"), from: "a", at: 1, reason: "x".repeat(6_000) }),
      );
      put("agora.r.agent.left.a", codec.encode(sealed(finished)));
      await settle(wire);
      await until(() => published.length === 5);
      expect(letters.map(({ reason }) => reason)).toEqual([
        expect.stringContaining("not MessagePack"),
        expect.stringContaining("unknown message type"),
        expect.stringContaining("agent.left: at"),
        expect.stringContaining("expected at most 5000"),
        expect.stringContaining("does not belong"),
      ]);
      expect(letters.map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
      expect(letters[3]).toMatchObject({ subject: "agora.r.agent.left.a", bytes: expect.any(Number) });
      expect(letters[3]?.payload.byteLength).toBe(1_024);
      expect(published.map(plain)).toEqual(letters.map(plain));
      expect(wire.deadLetters).toBe(5);
    });

    test("what cannot be sent is reported, not thrown", async () => {
      const onSendError = vi.fn();
      const wire = wireWith({ codec: createCodec({ maxBytes: 100 }), onSendError });
      wire.send(remark("q1", "x".repeat(200)));
      expect(onSendError.mock.calls[0]?.[0]).toMatchObject({ code: "AGORA_CODEC_SIZE" });
      await bus.close();
      wire.send(left("a"));
      expect(onSendError.mock.calls[1]?.[0]).toMatchObject({ code: "AGORA_BUS_CLOSED" });
    });

    test("written, then heard: in the order of the journal, once per durable key", async () => {
      const journal = recorderWith();
      const wire = wireWith();
      const heard: Message[] = [];
      const kept: number[] = [];
      wire.hear(["training.failed", "run.finished"], (message) => {
        heard.push(message);
        kept.push(journal.transactions.flat().length);
      });
      await wire.ready();
      for (const job of ["j1", "j2", "j1", "j3"]) wire.send(failed(job));
      await wire.drain();
      wire.send(failed("j2"));
      wire.send(finished);
      await wire.drain();
      await settle(wire);
      expect(heard.map((message) => ("job" in message ? message.job : message.type))).toEqual([
        ...["j1", "j2", "j3"],
        "run.finished",
      ]);
      for (const [index, count] of kept.entries()) expect(count).toBeGreaterThan(index);
    });

    test("what arrives together is one transaction; meters and farewells go with the next, soon enough", async () => {
      const journal = recorderWith({ groupMilliseconds: 40, idleMilliseconds: 60 });
      const wire = wireWith();
      await wire.ready();
      wire.send(left("bob"));
      for (const job of ["j1", "j2", "j3"]) wire.send(failed(job));
      await wire.drain();
      expect(journal.transactions.map((all) => all.map(({ type }) => type))).toEqual([
        ["agent.left", "training.failed", "training.failed", "training.failed"],
      ]);
      wire.send(left("cyd"));
      await until(() => journal.transactions.length === 2);
      expect(journal.transactions[1]).toMatchObject([left("cyd")]);
    });

    test("closing the recorder writes what waits", async () => {
      const journal = createKeeper();
      const recorder = recordDurable({
        bus,
        run: "r",
        journal,
        onError: () => undefined,
        idleMilliseconds: 60_000,
      });
      const wire = wireWith();
      await wire.ready();
      wire.send(left("bob"));
      await settle(wire);
      recorder.close();
      recorder.close();
      expect(journal.transactions).toMatchObject([[left("bob")]]);
    });

    test("a durable message waits for a recorder that comes later", async () => {
      const wire = wireWith();
      const heard: string[] = [];
      wire.hear(["training.failed"], ({ job }) => heard.push(job));
      for (const job of ["j1", "j2", "j3"]) wire.send(failed(job));
      await sleep(30);
      expect(heard).toEqual([]);
      recorderWith();
      await wire.drain();
      await until(() => heard.length === 3);
      expect(heard.toSorted()).toEqual(["j1", "j2", "j3"]);
    });

    test("a disk that refuses ends the recorder with one cause, and nothing of it is heard", async () => {
      const onError = vi.fn();
      const full = new Error("disk full");
      const append = vi.fn((): Message[] => {
        throw full;
      });
      recorderWith({ journal: { append }, onError });
      const onSendError = vi.fn();
      const wire = wireWith({ onSendError });
      const heard: Message[] = [];
      wire.hear(["training.failed"], (message) => heard.push(message));
      await wire.ready();
      wire.send(failed("j1"));
      wire.send(failed("j2"));
      await until(() => onError.mock.calls.length > 0);
      wire.send(failed("j3"));
      await sleep(60);
      await settle(wire);
      expect(onError.mock.calls).toEqual([[full]]);
      expect(append).toHaveBeenCalledTimes(1);
      expect(heard).toEqual([]);
      const draining = wire.drain();
      wire.close();
      await draining;
      expect(onSendError.mock.calls.map(([cause]) => cause.code)).toEqual(Array(3).fill("AGORA_BUS_ABORTED"));
    });

    test("the recorder refuses what is malformed or not durable, and tells the sender", async () => {
      const letters: DeadLetter[] = [];
      const journal = recorderWith({ onDeadLetter: (letter) => letters.push(letter) });
      const onSendError = vi.fn();
      const wire = wireWith({ onSendError });
      await wire.ready();
      wire.send({ ...failed("j1"), version: -1 });
      await wire.drain();
      expect(onSendError.mock.calls[0]?.[0]).toMatchObject({ code: "AGORA_BUS_REFUSED" });
      const fleeting = codec.encode(sealed(remark("q1")));
      expect(readAnswer(await bus.request(appendSubject("r"), fleeting, answerTimeout))).toBe("refused");
      bus.publish(subjectOf("r", sealed(left("x"))), codec.encode(sealed(remark("q1"))));
      await settle(wire);
      expect(letters.map(({ reason }) => reason)).toEqual([
        expect.stringContaining("version"),
        "remark.made is not durable",
        "does not belong on this subject",
      ]);
      expect(journal.transactions).toEqual([]);
    });

    test("runs do not hear each other, and a run id is one token", async () => {
      const [one, other] = [wireWith(), wireWith({ run: "other" })];
      const heard: string[] = [];
      other.hear("all", ({ type }) => heard.push(type));
      one.send(left("a"));
      await settle(one);
      expect(heard).toEqual([]);
      for (const run of ["", "a.b", "*", "a b", "-x", "../x"]) {
        expect(() => createWire({ bus, run })).toThrow(
          expect.objectContaining({ code: "AGORA_BUS_SUBJECT" }),
        );
      }
    });

    test("with a real journal, a settled question is on the disk when it is heard", async () => {
      const folder = mkdtempSync(join(tmpdir(), "agora-wire-"));
      const journal = Journal.create(folder);
      recorderWith({ journal });
      const reader = Journal.openReadOnly(folder);
      const wire = wireWith({ clock: () => 1_000, from: "tester" });
      const counts: number[] = [];
      wire.hear(["question.settled"], () => counts.push([...reader.records()].length));
      await wire.ready();
      const { from: _, at: __, ...draft } = settled("q1");
      wire.send(draft as Draft);
      wire.send(draft as Draft);
      await wire.drain();
      await settle(wire);
      expect(counts).toEqual([1]);
      expect([...reader.records()].map(({ message }) => message)).toEqual([settled("q1")]);
      reader.close();
      journal.close();
      rmSync(folder, { recursive: true });
    });
  });
};

describeWire("the wire over the embedded bus", async () => createMemoryBus());

describe.skipIf(skipNats)(`with a real nats-server${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["-c", join(import.meta.dirname, "../nats.conf")]);
  });
  afterAll(() => server?.stop());

  describeWire("the wire over NATS", async () => await connectNatsBus({ servers: server.url }));

  test("a durable message sent while the server is away is recorded and heard after its return", async () => {
    const [bus, far] = [
      await connectNatsBus({ servers: server.url }),
      await connectNatsBus({ servers: server.url }),
    ];
    const journal = createKeeper();
    const recorder = recordDurable({ bus: far, run: "r", journal, onError: () => undefined });
    const wire = createWire({ bus, run: "r", from: "ada", appendTimeoutMilliseconds: 200 });
    const heard: string[] = [];
    wire.hear(["training.failed"], ({ job }) => heard.push(job));
    await Promise.all([wire.ready(), far.flush()]);
    wire.send(failed("j1"));
    await wire.drain();
    await server.kill();
    await until(() => !bus.connected && !far.connected);
    wire.send(failed("j2"));
    await server.restart();
    await wire.drain();
    await until(() => heard.length === 2);
    expect(heard).toEqual(["j1", "j2"]);
    recorder.close();
    wire.close();
    await Promise.all([bus.close(), far.close()]);
  });
});
