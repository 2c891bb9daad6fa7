/** A wire whose recorder is in its own process: what it sends is recorded in order, and heard, whatever the link does. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import type { Bus } from "../bus/bus.ts";
import { connectNatsBus } from "../bus/bus-nats.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../bus/nats-server.fixture.ts";
import type { Message } from "../messages.ts";
import { recordDurable } from "./recorder.ts";
import { createKeeper, failed, overBothBuses, type TestKeeper } from "./wire.fixture.ts";
import { createWire, type Report, type Wire } from "./wire.ts";

/** How long a transaction takes on a slow disk. */
const diskMilliseconds = 30;

interface Host {
  readonly keeper: TestKeeper;
  readonly wire: Wire;
  readonly heard: string[];
  jobs(): string[];
}

const hostOn = (bus: Bus, onSendError?: Report): Host => {
  const keeper = createKeeper();
  const recorder = recordDurable({ bus, run: "r", journal: keeper, onError: () => undefined });
  const wire = createWire({ bus, run: "r", from: "ada", recorder, ...(onSendError ? { onSendError } : {}) });
  const heard: string[] = [];
  wire.hear(["training.failed"], ({ job }) => heard.push(job));
  onTestFinished(() => {
    recorder.close();
    wire.close();
  });
  const jobs = () => keeper.transactions.flat().map((message) => ("job" in message ? message.job : ""));
  return { keeper, wire, heard, jobs };
};

overBothBuses("a wire with its recorder", (society) => {
  test("has recorded when it has drained, in the order of sending, and hears it once", async () => {
    const { wire, heard, jobs } = hostOn(society.bus());
    await wire.ready();
    for (const job of ["j1", "j2", "j1", "j3"]) wire.send(failed(job));
    expect(jobs()).toEqual([]);
    await wire.drain();
    expect(jobs()).toEqual(["j1", "j2", "j1", "j3"]);
    await society.settle(wire);
    expect(heard).toEqual(["j1", "j2", "j3"]);
  });

  test.each(["its own process", "another process"])(
    "a slow disk delays what is sent from %s, and loses nothing: transactions grow",
    async (place) => {
      const bus = society.bus();
      const keeper = createKeeper();
      const journal = {
        ...keeper,
        append: (messages: readonly Message[]) => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, diskMilliseconds);
          return keeper.append(messages);
        },
      };
      const recorder = recordDurable({ bus, run: "r", journal, onError: () => undefined });
      const wire = society.wireWith(place === "its own process" ? { recorder } : {});
      const heard: string[] = [];
      wire.hear(["training.failed"], ({ job }) => heard.push(job));
      await wire.ready();
      const jobs = Array.from({ length: 1_000 }, (_, index) => `j${index}`);
      for (const [index, job] of jobs.entries()) {
        wire.send(failed(job));
        // What arrives while the disk is busy shares the next transaction.
        if (index % 20 === 0) await sleep(0);
      }
      await wire.drain();
      await society.settle(wire);
      expect(heard).toEqual(jobs);
      expect(keeper.transactions.length).toBeLessThan(jobs.length / 4);
      recorder.close();
    },
  );

  test("reports what the recorder refuses, and what comes after its end", async () => {
    const codes: unknown[] = [];
    const bus = society.bus();
    const recorder = recordDurable({ bus, run: "r", journal: createKeeper(), onError: () => undefined });
    const onSendError: Report = (cause) => codes.push((cause as { code?: unknown }).code);
    const wire = createWire({ bus, run: "r", from: "ada", recorder, onSendError });
    wire.send({ ...failed("j1"), version: -1 });
    recorder.close();
    wire.send(failed("j2"));
    expect(codes).toEqual(["AGORA_BUS_REFUSED", "AGORA_BUS_CLOSED"]);
    wire.close();
  });
});

describe.skipIf(skipNats)(
  `a wire with its recorder whose server dies${natsNote}`,
  { timeout: 60_000 },
  () => {
    let server: NatsServer;
    beforeEach(async () => {
      server = await startNatsServer();
    });
    afterEach(() => server.stop());

    const connected = async (): Promise<Bus> => {
      const bus = await connectNatsBus({ servers: server.url });
      onTestFinished(() => bus.close());
      return bus;
    };

    test("has drained once the server has what is recorded, or the bus is closed", async () => {
      const bus = await connected();
      const { wire, jobs } = hostOn(bus);
      await wire.ready();
      await server.kill();
      await until(() => !bus.connected);
      wire.send(failed("j1"));
      let drained = false;
      const draining = wire.drain().then(() => {
        drained = true;
      });
      expect(jobs()).toEqual(["j1"]);
      await sleep(100);
      expect(drained).toBe(false);
      await server.restart();
      await draining;
      await server.kill();
      await until(() => !bus.connected);
      wire.send(failed("j2"));
      const last = wire.drain();
      await bus.close();
      await last;
      expect(jobs()).toEqual(["j1", "j2"]);
    });

    test("records meanwhile, and everybody hears it after the restart, in order", async () => {
      const [bus, far] = [await connected(), await connected()];
      const { wire, heard, jobs } = hostOn(bus);
      const distant = createWire({ bus: far, run: "r", from: "bob" });
      const heardFar: string[] = [];
      distant.hear(["training.failed"], ({ job }) => heardFar.push(job));
      await Promise.all([wire.ready(), distant.ready()]);
      wire.send(failed("j1"));
      await until(() => heard.length === 1 && heardFar.length === 1);
      await server.kill();
      for (const job of ["j2", "j3"]) wire.send(failed(job));
      await until(() => jobs().length === 3 && !bus.connected && !far.connected);
      wire.send(failed("j4"));
      await until(() => jobs().length === 4);
      expect(jobs()).toEqual(["j1", "j2", "j3", "j4"]);
      await server.restart();
      await until(() => far.connected && bus.connected);
      wire.send(failed("j5"));
      await until(() => heard.length === 5);
      expect(heard).toEqual(["j1", "j2", "j3", "j4", "j5"]);
      await until(() => heardFar.includes("j5"));
      expect(heardFar).toEqual(heardFar.toSorted());
      distant.close();
    });
  },
);
