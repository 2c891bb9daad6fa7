/** A job has one host at a time, whatever happens to its link; and a job that nobody wants any more is ended. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import type { TrainingBackend, TrainingOrder } from "../runtime/training.ts";
import { natsTraining } from "./nats.ts";
import { linkTo } from "./queue/cut-link.fixture.ts";
import { scratch, startTrainerHost } from "./queue/host.fixture.ts";
import { keyOf, type Outcome, type QueuedBase, type QueuedOrder, queuedOrderOf } from "./queue/queued-job.ts";
import { TrainingQueue } from "./queue/training-queue.ts";
import { TwinTraining } from "./twin.ts";

/** A host is without its lease after as long, and stops after half of it [s]. */
const ackWaitSeconds = 8;
const wren: QueuedBase = { kind: "pocket", checkpoint: "wren", sha256: "x" };
const never = new AbortController().signal;

describe.skipIf(skipNats)(`the host of a job${natsNote}`, { timeout: 180_000 }, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
  });
  afterAll(() => server?.stop());

  const orderOf = (job = "ant@v1"): TrainingOrder => ({
    ...{ job, model: "ant", previous: undefined, samples: [{ prompt: "1+1?", response: "ans 2" }] },
    ...{ rank: 4, alpha: 8, dropout: 0, targets: ["q_proj"], learningRate: 0.003, epochs: 1 },
    ...{ batchSize: 8, seed: 5, slot: 0, output: join(scratch(), job) },
  });

  const side = (run: string) =>
    natsTraining({
      ...{ run, bases: new Map([["ant", wren]]), silenceSeconds: 120, lookMilliseconds: 100 },
      servers: server.url,
    });

  const connected = async (name: string, servers = server.url): Promise<TrainingQueue> => {
    const queue = await TrainingQueue.connect({ servers, name, takesTickets: true, ackWaitSeconds });
    onTestFinished(() => queue.close());
    return queue;
  };

  const startHost = (name: string, backend: TrainingBackend, servers = server.url) =>
    startTrainerHost({ servers, name, backend, ackWaitSeconds });

  /** Trains until it is aborted, and says when it began and ended. */
  const endless = () => {
    const begun = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<number>();
    const backend: TrainingBackend = {
      train: async (_order, signal) => {
        begun.resolve(performance.now());
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        ended.resolve(performance.now());
        throw signal.reason;
      },
    };
    return { backend, begun: begun.promise, ended: ended.promise };
  };

  test.each([
    ["a setting that it does not know", { warmup: 0.1 }],
    ["a base of an unknown kind", { base: { kind: "jax", checkpoint: "wren" } }],
  ])("refuses a job of another version of Agora, with %s", async (_, more) => {
    const given = queuedOrderOf(orderOf(), { run: "newer", base: wren, previous: undefined });
    const order = { ...given, ...more } as QueuedOrder;
    const [key, twin] = [keyOf(order), new TwinTraining()];
    const queue = await connected("newer");
    await queue.putOrder(key, order);
    await queue.submit({ key, attempt: 0, job: order.job });
    await startHost("older", twin);
    const outcome = async () => (await queue.known(key))?.outcome;
    await expect.poll(outcome, { timeout: 20_000 }).toMatchObject({
      ...{ state: "failed", code: "order-unknown", permanent: true },
      cause: expect.stringContaining("use one version of Agora on both machines"),
    });
    expect(twin.jobs).toEqual([]);
  });

  test("stops when its link is cut, before another begins; back on the net it reports nothing", async () => {
    const link = await linkTo(server.port);
    onTestFinished(() => link.close());
    const [cutOff, twin] = [endless(), new TwinTraining()];
    const far = await startHost("far", cutOff.backend, link.url);
    const order = orderOf();
    const training = side("cut").train(order, never, () => {});
    await cutOff.begun;
    const begins: number[] = [];
    const near: TrainingBackend = {
      train: (...given) => {
        begins.push(performance.now());
        return twin.train(...given);
      },
    };
    const { said } = await startHost("near", near);
    link.cut();
    expect((await training).folder).toBe(order.output);
    expect(begins).toHaveLength(1);
    expect(await cutOff.ended).toBeLessThan(begins[0] ?? 0);
    expect(said).toContain("ant@v1: training, delivery 2");
    link.heal();
    await sleep(2_000);
    expect(far.said.join("\n")).toContain("its training is stopped");
    expect(twin.jobs).toEqual(["ant@v1"]);
  });

  test("goes on when the server is away for less than half its lease, and stops when it is away for longer", async () => {
    const own = await startNatsServer(["-js", "-sd", "store"]);
    onTestFinished(() => own.stop());
    const [first, twin] = [endless(), new TwinTraining()];
    let starts = 0;
    const backend: TrainingBackend = {
      train: (...given) => (++starts === 1 ? first.backend : twin).train(...given),
    };
    await startHost("host", backend, own.url);
    const run = natsTraining({
      ...{ run: "away", bases: new Map([["ant", wren]]), silenceSeconds: 120, lookMilliseconds: 100 },
      servers: own.url,
    });
    const order = orderOf();
    const training = run.train(order, never, () => {});
    await first.begun;
    await own.kill();
    await sleep(1_000);
    await own.restart();
    await sleep(ackWaitSeconds * 500);
    expect(starts).toBe(1);
    await own.kill();
    const stoppedAt = await first.ended;
    await sleep(Math.max(0, stoppedAt + ackWaitSeconds * 1_000 - performance.now()));
    await own.restart();
    expect((await training).folder).toBe(order.output);
    expect(starts).toBe(2);
  });

  test("whose claim another has followed writes no outcome, and neither does one whose job was cancelled", async () => {
    const [slow, quick] = [await connected("slow"), await connected("quick")];
    const failed = {
      state: "failed",
      attempt: 0,
      seconds: 1,
      code: "x",
      cause: "y",
      permanent: false,
    } as const;
    const by = (host: string): Outcome => ({ ...failed, host });
    const key = "claims.ant_v1-0000";
    const stalled = await slow.claim(key, { attempt: 0, host: "slow", holder: "1" }, undefined);
    const following = await quick.claim(
      key,
      { attempt: 0, host: "quick", holder: "2" },
      await quick.known(key),
    );
    expect(await slow.conclude(key, by("slow"), stalled)).toBe(false);
    expect(await quick.conclude(key, by("quick"), following)).toBe(true);
    expect((await slow.known(key))?.outcome).toMatchObject({ host: "quick" });
    expect(await slow.lease("claims.lease", "slow")).toBeDefined();
    expect(await quick.lease("claims.lease", "quick")).toBeUndefined();
  });

  test("finds no job that was cancelled while it was queued; the same order is trained when it is given again", async () => {
    const queue = await connected("looking");
    const backend = side("queued");
    const [order, other] = [orderOf(), orderOf("ant@v2")];
    const stopping = new AbortController();
    const given = backend.train(order, stopping.signal, () => {}).catch((error: unknown) => error);
    const kept = backend.train(other, never, () => {});
    while ((await queue.waiting()) < 2) await sleep(50);
    stopping.abort(new Error("rejected by ada"));
    await backend.cancel?.("ant@v1", "rejected by ada");
    expect(await given).toMatchObject({ message: "rejected by ada" });
    expect(await queue.waiting()).toBe(1);
    const twin = new TwinTraining();
    await startHost("host", twin);
    await kept;
    expect(twin.jobs).toEqual(["ant@v2"]);
    await backend.train(order, never, () => {});
    expect(twin.jobs).toEqual(["ant@v2", "ant@v1"]);
  });

  test("stops a training that is cancelled, and takes the next job", async () => {
    const [unwanted, twin] = [endless(), new TwinTraining()];
    const train: TrainingBackend["train"] = (order, ...rest) =>
      (order.job === "ant@v1" ? unwanted.backend : twin).train(order, ...rest);
    await startHost("host", { train });
    const backend = side("running");
    const stopping = new AbortController();
    const given = backend.train(orderOf(), stopping.signal, () => {}).catch((error: unknown) => error);
    await unwanted.begun;
    stopping.abort(new Error("rejected by ada"));
    await backend.cancel?.("ant@v1", "rejected by ada");
    await given;
    await unwanted.ended;
    await backend.train(orderOf("ant@v2"), never, () => {});
    expect(twin.jobs).toEqual(["ant@v2"]);
  });
});
