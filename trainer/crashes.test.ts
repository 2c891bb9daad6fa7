/** What counts as the crash of a host on a job: being lost with it, and neither stopping nor waiting for its lease. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import type { TrainingBackend, TrainingOrder } from "../runtime/training.ts";
import { natsTraining } from "./nats.ts";
import { linkTo } from "./queue/cut-link.fixture.ts";
import { type HostSettings, scratch, startTrainerHost } from "./queue/host.fixture.ts";
import { keyOf, type QueuedBase, queuedOrderOf } from "./queue/queued-job.ts";
import { TrainingQueue } from "./queue/training-queue.ts";
import { TwinTraining } from "./twin.ts";

const ackWaitSeconds = 4;
const base: QueuedBase = { kind: "pocket", checkpoint: "wren", sha256: "x" };
const never = new AbortController().signal;

describe.skipIf(skipNats)(`a job${natsNote}`, { timeout: 120_000 }, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
    // What the server keeps is made once: two first clients with different ack waits would refuse each other's.
    const first = { servers: server.url, name: "first", takesTickets: true, ackWaitSeconds };
    await (await TrainingQueue.connect(first)).close();
  });
  afterAll(() => server?.stop());

  /** Orders the job that all hosts of a test take. */
  const ordered = (run: string) => {
    const order: TrainingOrder = {
      ...{ job: "ant@v1", model: "ant", previous: undefined, samples: [{ prompt: "1?", response: "1" }] },
      ...{ rank: 4, alpha: 8, dropout: 0, targets: ["q_proj"], learningRate: 0.003, epochs: 1 },
      ...{ batchSize: 8, seed: 5, slot: 0, output: join(scratch(), "ant@v1") },
    };
    const side = { run, bases: new Map([["ant", base]]), silenceSeconds: 60, lookMilliseconds: 1_000 };
    const training = natsTraining({ ...side, servers: server.url }).train(order, never, () => {});
    const ended = training.then(
      ({ folder }) => folder === order.output && "trained",
      (error: unknown) => error,
    );
    return { ended, key: keyOf(queuedOrderOf(order, { run, base, previous: undefined })) };
  };

  const startHost = (backend: TrainingBackend, more: Partial<HostSettings> = {}) =>
    startTrainerHost({ servers: server.url, ackWaitSeconds, maxCrashes: 1, backend, ...more });

  /** Trains until it is aborted; the times of training after `lives` are a twin's. */
  const endless = (lives = Number.POSITIVE_INFINITY) => {
    const begun = Array.from({ length: 9 }, () => Promise.withResolvers<void>());
    const twin = new TwinTraining();
    let life = 0;
    const backend: TrainingBackend = {
      train: async (order, signal, onStep) => {
        begun[life++]?.resolve();
        if (life > lives) return twin.train(order, signal, onStep);
        const aborted = Promise.withResolvers<never>();
        signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
        return aborted.promise;
      },
    };
    return { backend, begun: (which = 0) => begun[which]?.promise };
  };

  const lived = async (end: "stop" | "crash", maxCrashes = 1): Promise<void> => {
    const { backend, begun } = endless();
    const host = await startHost(backend, { maxCrashes });
    await begun();
    await host[end]();
  };

  test("is trained after any number of hosts that stopped", async () => {
    const { ended } = ordered("stops");
    for (let life = 0; life < 4; life += 1) await lived("stop");
    await startHost(new TwinTraining());
    expect(await ended).toBe("trained");
  });

  test("fails after as many hosts that crashed as may, whatever hosts stopped between", async () => {
    const { ended } = ordered("crashes");
    for (const end of ["crash", "stop", "crash"] as const) await lived(end, 2);
    const twin = new TwinTraining();
    await startHost(twin, { maxCrashes: 2 });
    expect(await ended).toMatchObject({
      ...{ code: "hosts-lost", permanent: true },
      message: "2 hosts took ant@v1 and none reported an outcome (on host)",
    });
    expect(twin.jobs).toEqual([]);
  });

  test("has no holder once it is given back, and a host that another has followed gives back nothing", async () => {
    const queue = await TrainingQueue.connect({ servers: server.url, name: "queue" });
    onTestFinished(() => queue.close());
    const key = "left.ant@v1-0";
    const by = (holder: string) => ({ attempt: 0, host: "host", holder });
    const holders = async () => (await queue.known(key))?.claim?.holders;
    const slow = await queue.claim(key, by("slow"), undefined);
    const quick = await queue.claim(key, by("quick"), slow);
    if (slow === undefined || quick === undefined) throw new Error("not claimed");
    await queue.leave(key, "slow", slow);
    expect(await holders()).toEqual(["slow", "quick"]);
    await queue.leave(key, "quick", quick);
    expect(await holders()).toEqual(["slow"]);
    await queue.claim(key, by("slow"), await queue.known(key));
    expect(await holders()).toEqual(["slow"]);
    await queue.claim(key, { ...by("next"), attempt: 1 }, await queue.known(key));
    expect(await holders()).toEqual(["next"]);
  });

  test("is not lost by hosts that wait for the lease of one that is slow", async () => {
    const slow = await TrainingQueue.connect({ servers: server.url, name: "slow", ackWaitSeconds });
    onTestFinished(() => slow.close());
    const { ended, key } = ordered("slow");
    const lease = await slow.lease(key, "slow");
    const { said } = await startHost(new TwinTraining());
    while (said.length < 3) await sleep(50);
    expect(said).toEqual(Array(3).fill("ant@v1: another host trains it"));
    await lease?.release();
    expect(await ended).toBe("trained");
  });

  test("is taken again by a host whose link was cut, however often", async () => {
    const link = await linkTo(server.port);
    onTestFinished(() => link.close());
    const { ended } = ordered("cuts");
    const { backend, begun } = endless(2);
    const { said } = await startHost(backend, { servers: link.url });
    for (const cut of [0, 1]) {
      await begun(cut);
      link.cut();
      while (said.filter((line) => line.includes("its training is stopped")).length <= cut) await sleep(50);
      link.heal();
    }
    expect(await ended).toBe("trained");
  });
});
