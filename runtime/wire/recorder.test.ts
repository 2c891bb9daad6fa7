import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { abortedError, type BusStatus, type KeepOptions } from "../bus/bus.ts";
import { createMemoryBus } from "../bus/bus-memory.ts";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import { Journal } from "../journal/journal.ts";
import { sealed, settled } from "../messages.fixture.ts";
import type { Draft, Message } from "../messages.ts";
import { readAnswer } from "./append.ts";
import { createCodec } from "./codec.ts";
import { deliveryOf } from "./cut-link.fixture.ts";
import type { DeadLetter } from "./reader.ts";
import { recordDurable } from "./recorder.ts";
import { appendSubject, subjectOf } from "./sender.ts";
import { Terms } from "./terms.ts";
import { createKeeper, failed, finished, left, overBothBuses, remark } from "./wire.fixture.ts";
import { createWire } from "./wire.ts";

const codec = createCodec();
const answerTimeout = { id: "once", timeoutMilliseconds: 5_000, patienceMilliseconds: 5_000 };

overBothBuses("the recorder", (society) => {
  const { wireWith, recorderWith, settle } = society;

  test("a durable message is recorded before it is heard, in journal order, once per durable key", async () => {
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

  test("a resent message reaches a wire that missed it, and not one that heard it", async () => {
    const journal = recorderWith();
    journal.append([sealed(failed("j1"), "ada")]);
    const informed = wireWith({ known: [sealed(failed("j1"), "ada")] });
    const ignorant = wireWith();
    const heard: string[] = [];
    informed.hear(["training.failed"], () => heard.push("informed"));
    ignorant.hear(["training.failed"], ({ cause }) => heard.push(`ignorant: ${cause}`));
    await informed.ready();
    await ignorant.ready();
    ignorant.send({ ...failed("j1"), cause: "sent again" });
    ignorant.send({ ...failed("j1"), cause: "and again" });
    await ignorant.drain();
    await settle(ignorant);
    expect(heard).toEqual(["ignorant: crashed"]);
  });

  test("what a host left behind is recorded by the next one; what it sends afterwards is refused", async () => {
    const refused: unknown[] = [];
    const onSendError = (_: unknown, message: Message) => void refused.push("job" in message && message.job);
    const earlier = wireWith({ terms: new Terms({ own: 1 }), onSendError });
    earlier.send(failed("j1"), "trainer");
    await society.bus().flush();
    const journal = recorderWith({ terms: new Terms({ own: 2 }) });
    await earlier.drain();
    await journal.ready;
    for (const job of ["j2", "j3"]) earlier.send(failed(job), "trainer");
    await earlier.drain();
    const later = wireWith({ terms: new Terms({ own: 2 }) });
    later.send(failed("j4"), "trainer");
    await later.drain();
    const recorded = journal.transactions.flat().map((message) => "job" in message && message.job);
    expect([recorded, refused]).toEqual([
      ["j1", "j4"],
      ["j2", "j3"],
    ]);
  });

  test("messages that arrive together share a transaction; meters and departures join the next one", async () => {
    const journal = recorderWith({ groupMilliseconds: 40, idleMilliseconds: 3_000 });
    const wire = wireWith();
    await wire.ready();
    wire.send(left("bob"), "bob");
    for (const job of ["j1", "j2", "j3"]) wire.send(failed(job));
    await wire.drain();
    expect(journal.transactions.map((all) => all.map(({ type }) => type))).toEqual([
      ["agent.left", "training.failed", "training.failed", "training.failed"],
    ]);
    wire.send(left("cyd"), "cyd");
    await until(() => journal.transactions.length === 2);
    expect(journal.transactions[1]).toMatchObject([left("cyd")]);
  });

  test("what an agent says again for those who were away is recorded once", async () => {
    const journal = recorderWith();
    const wire = wireWith();
    await wire.ready();
    const { delivery } = deliveryOf({ type: "agent.recovered", agent: "bob" }, 1, "bob");
    for (let times = 0; times < 3; times += 1) society.bus().publish(delivery.subject, delivery.payload);
    await settle(wire);
    wire.send(failed("j1"));
    await wire.drain();
    expect(journal.transactions.flat().map(({ type }) => type)).toEqual([
      "agent.recovered",
      "training.failed",
    ]);
  });

  test("close writes the waiting messages", async () => {
    const journal = createKeeper();
    const recorder = recordDurable({
      bus: society.bus(),
      run: "r",
      journal,
      onError: () => undefined,
      idleMilliseconds: 60_000,
    });
    const wire = wireWith();
    await wire.ready();
    wire.send(left("bob"), "bob");
    await settle(wire);
    recorder.close();
    recorder.close();
    expect(journal.transactions).toMatchObject([[left("bob")]]);
  });

  test("a durable message waits for a recorder that starts later", async () => {
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

  test("a failed transaction stops the recorder, is reported once, and none of its messages is heard", async () => {
    const onError = vi.fn();
    const full = new Error("disk full");
    const append = vi.fn((): Message[] => {
      throw full;
    });
    recorderWith({ journal: { append, find: () => undefined }, onError });
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

  test("the recorder refuses malformed and non-durable messages and reports it to the sender", async () => {
    const letters: DeadLetter[] = [];
    const journal = recorderWith({ onDeadLetter: (letter) => letters.push(letter) });
    const onSendError = vi.fn();
    const wire = wireWith({ onSendError });
    await wire.ready();
    wire.send({ ...failed("j1"), version: -1 });
    await wire.drain();
    expect(onSendError.mock.calls[0]?.[0]).toMatchObject({ code: "AGORA_BUS_REFUSED" });
    const fleeting = sealed(remark("q1"));
    const subject = appendSubject("r", fleeting);
    const answer = await society.bus().keep(subject, codec.encode(fleeting), answerTimeout);
    expect(readAnswer(answer)).toBe("refused");
    society.bus().publish(subjectOf("r", sealed(left("x"))), codec.encode(fleeting));
    await settle(wire);
    expect(letters.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("version"),
      "remark.made is not durable",
      "remark.made from tester does not belong on this subject",
    ]);
    expect(journal.transactions).toEqual([]);
  });

  test("with a real journal, a settled question is on disk when it is heard", async () => {
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

/** A bus whose link breaks: what is in flight then, and what is sent before it is whole again, is lost. */
const breakable = () => {
  const bus = createMemoryBus();
  const listeners = new Set<(status: BusStatus) => void>();
  let isWhole = true;
  const lost = (_subject: string, _payload: Uint8Array, { signal }: KeepOptions): Promise<Uint8Array> => {
    const { promise, reject } = Promise.withResolvers<Uint8Array>();
    signal?.addEventListener("abort", () => reject(abortedError("lost", signal.reason)));
    return promise;
  };
  const link = new Proxy(bus, {
    get: (target, key) => {
      if (key === "connected") return isWhole;
      if (key === "keep" && !isWhole) return lost;
      if (key === "onStatus")
        return (listener: (status: BusStatus) => void) => {
          listeners.add(listener);
          return { unsubscribe: () => void listeners.delete(listener) };
        };
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const tell = (type: "disconnected" | "reconnected"): void => {
    for (const listener of listeners) listener({ type });
  };
  return {
    bus: link,
    listeners,
    loses: () => {
      isWhole = false;
    },
    breaks: () => tell("disconnected"),
    heals: () => {
      isWhole = true;
      tell("reconnected");
    },
  };
};

test("what was in flight when the link broke is recorded before what is sent after it", async () => {
  const { bus, listeners, loses, breaks, heals } = breakable();
  const journal = createKeeper();
  const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined });
  const wire = createWire({ bus, run: "r", from: "ada", appendTimeoutMilliseconds: 60_000 });
  wire.send(failed("j1"));
  await wire.drain();
  loses();
  wire.send(failed("j2"));
  breaks();
  wire.send(failed("j3"));
  heals();
  wire.send(failed("j4"));
  await wire.drain();
  const jobs = journal.transactions.flat().map((message) => ("job" in message ? message.job : ""));
  expect(jobs).toEqual(["j1", "j2", "j3", "j4"]);
  recorder.close();
  wire.close();
  expect(listeners.size).toBe(0);
  await bus.close();
});

describe.skipIf(skipNats)(`when the server dies${natsNote}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server?.stop());

  test("a durable message sent while the server is down is recorded and heard after its restart", async () => {
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
