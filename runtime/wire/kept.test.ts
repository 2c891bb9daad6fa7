/** Durable messages in a real JetStream: written once, whoever is killed and however often they are delivered. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import type { Bus, DeliveryHandler } from "../bus/bus.ts";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import { recordsOf } from "../jetstream/stores.ts";
import { Journal } from "../journal/journal.ts";
import { recordDurable } from "./recorder.ts";
import { createKeeper, failed } from "./wire.fixture.ts";
import { createWire, type Wire } from "./wire.ts";

const fixture = join(import.meta.dirname, "kept-kill.fixture.ts");

describe.skipIf(skipNats)(`durable messages in JetStream${natsNote}`, { timeout: 120_000 }, () => {
  let server: NatsServer;
  beforeEach(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
  });
  afterEach(() => server.stop());

  const connected = async (): Promise<Bus> => {
    const bus = await connectNatsBus({ servers: server.url, connectTimeoutMilliseconds: 30_000 });
    onTestFinished(() => bus.close());
    return bus;
  };

  const wireOf = (bus: Bus): { wire: Wire; heard: string[] } => {
    const wire = createWire({ bus, run: "r", from: "ada", appendTimeoutMilliseconds: 1_000 });
    const heard: string[] = [];
    wire.hear(["training.failed"], ({ job }) => heard.push(job));
    onTestFinished(() => wire.close());
    return { wire, heard };
  };

  const scratch = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "agora-kept-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };

  /** Starts a process that dies at the moment; resolves when it is dead. */
  const dying = async (moment: string, folder = ""): Promise<void> => {
    const child = spawn(process.execPath, [fixture, moment, server.url, folder], { stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [, signal] = await once(child, "exit");
    expect(signal).toBe("SIGKILL");
  };

  const streams = async () => {
    const connection = await connect({ servers: server.url });
    onTestFinished(() => connection.close());
    return (await jetstreamManager(connection)).streams;
  };

  /** Looks at how many messages the stream still keeps. */
  const leftover = async () => {
    const found = await streams();
    return async (): Promise<number> => (await found.info(recordsOf.name)).state.messages;
  };

  const record = (bus: Bus, keeper = createKeeper()) => {
    const recorder = recordDurable({ bus, run: "r", journal: keeper, onError: () => undefined });
    onTestFinished(() => recorder.close());
    return {
      recorder,
      keeper,
      jobs: () => keeper.transactions.flat().map((each) => "job" in each && each.job),
    };
  };

  test("one whose sender is killed before anybody records it is written by the next recorder", async () => {
    const bus = await connected();
    const first = record(bus);
    expect(await first.recorder.ready).toEqual([]);
    first.recorder.close();
    await dying("sent");
    const left = await leftover();
    expect(await left()).toBe(1);
    const { recorder, jobs } = record(bus);
    await recorder.ready;
    expect(jobs()).toEqual(["j1"]);
    await until(async () => (await left()) === 0);
  });

  test.each(["arrived", "written"])(
    "one that has %s when its recorder is killed is written once, and heard once",
    async (moment) => {
      const [bus, folder] = [await connected(), scratch()];
      const { wire, heard } = wireOf(bus);
      const dead = dying(moment, folder);
      wire.send(failed("j1"));
      await dead;
      wire.send(failed("j2"));
      const journal = Journal.open(folder);
      onTestFinished(() => journal.close());
      const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined });
      await wire.drain();
      await until(() => heard.length === 2);
      recorder.close();
      expect(heard.toSorted()).toEqual(["j1", "j2"]);
      const jobs = Array.from(journal.records(), ({ message }) => "job" in message && message.job);
      expect(jobs.toSorted()).toEqual(["j1", "j2"]);
      const left = await leftover();
      await until(async () => (await left()) === 0);
    },
  );

  test("one whose acknowledgement is lost is delivered again, and written and heard once", async () => {
    const bus = await connected();
    const deliveries: string[] = [];
    const receive: Bus["receive"] = (pattern, handler, options) => {
      const forget: DeliveryHandler = (delivery) => {
        deliveries.push(delivery.subject);
        return handler(deliveries.length > 1 ? delivery : { ...delivery, done: () => {} });
      };
      return bus.receive(pattern, forget, options);
    };
    const forgetful = new Proxy(bus, {
      get: (target, key) => {
        if (key === "receive") return receive;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { wire, heard } = wireOf(bus);
    const { recorder, keeper } = record(forgetful);
    await recorder.ready;
    wire.send(failed("j1"));
    await wire.drain();
    await until(() => deliveries.length === 2);
    const left = await leftover();
    await until(async () => (await left()) === 0);
    expect(keeper.find("job.ended:j1")).toBeDefined();
    expect(heard).toEqual(["j1"]);
  });

  test("they outlive a kill of the server, and are written and heard once though their sender repeats them", async () => {
    const bus = await connected();
    const first = record(bus);
    await first.recorder.ready;
    first.recorder.close();
    const { wire, heard } = wireOf(bus);
    const left = await leftover();
    wire.send(failed("j1"));
    await until(async () => (await left()) === 1);
    await server.kill();
    wire.send(failed("j2"));
    await server.restart();
    await until(() => bus.connected);
    const folder = scratch();
    const journal = Journal.create(folder);
    onTestFinished(() => journal.close());
    const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined });
    onTestFinished(() => recorder.close());
    await recorder.ready;
    expect(Array.from(journal.records(), ({ message }) => message)).toContainEqual(
      expect.objectContaining(failed("j1")),
    );
    await wire.drain();
    await until(() => heard.length === 2);
    expect(heard).toEqual(["j1", "j2"]);
    expect([...journal.records()]).toHaveLength(2);
  });

  test("a recorder goes on where the server has lost the stream, and one that is replaced gets nothing", async () => {
    const [bus, other] = [await connected(), await connected()];
    const [first, { wire }] = [record(bus), wireOf(bus)];
    await first.recorder.ready;
    await (await streams()).delete(recordsOf.name);
    wire.send(failed("j1"));
    await wire.drain();
    const found = await streams();
    await until(async () => (await found.names().next()).includes(recordsOf.name));
    const second = record(other);
    await second.recorder.ready;
    wire.send(failed("j2"));
    await wire.drain();
    await sleep(3_000);
    wire.send(failed("j3"));
    await wire.drain();
    expect([first.jobs(), second.jobs()]).toEqual([["j1"], ["j2", "j3"]]);
  });

  test("what the server keeps otherwise than declared, or does not keep, is said; it works all the same", async () => {
    await (await streams()).add({ name: recordsOf.name, subjects: [recordsOf.subjects] });
    const [differing] = await record(await connected()).recorder.ready;
    expect(differing).toBe('stream agora-records: retention is "limits", not "workqueue"');
    const plain = await startNatsServer();
    onTestFinished(() => plain.stop());
    const bus = await connectNatsBus({ servers: plain.url, connectTimeoutMilliseconds: 30_000 });
    onTestFinished(() => bus.close());
    const { recorder, jobs } = record(bus);
    expect(await recorder.ready).toEqual([expect.stringContaining("nothing is kept")]);
    const { wire, heard } = wireOf(bus);
    wire.send(failed("j1"));
    await wire.drain();
    expect(jobs()).toEqual(["j1"]);
    await until(() => heard.length === 1);
  });
});
