/** Training over a work queue with a real nats-server, while hosts, runs and the server stop and restart. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type KeyedServer, startKeyedServer } from "../cli/commands/keyed-server.fixture.ts";
import { ofType, play, societyConfig } from "../cli/host/society.fixture.ts";
import { readAdapter } from "../pocket/engine/adapter.ts";
import { readCheckpoint } from "../pocket/engine/checkpoint.ts";
import { type NatsServer, natsNote, skipNats, startNatsServer } from "../runtime/bus/nats-server.fixture.ts";
import { POCKET_FOLDER } from "../runtime/config/checkpoints.ts";
import {
  type TrainingBackend,
  TrainingError,
  type TrainingOrder,
  type TrainingStep,
} from "../runtime/training.ts";
import { type NatsTrainingOptions, natsTraining } from "./nats.ts";
import { fingerprintOf } from "./queue/fingerprint.ts";
import { type HostSettings, scratch, startTrainerHost } from "./queue/host.fixture.ts";
import { TrainerHost } from "./queue/host.ts";
import { packFolder } from "./queue/parcel.ts";
import { keyOf, type QueuedBase, queuedOrderOf } from "./queue/queued-job.ts";
import { TrainingQueue } from "./queue/training-queue.ts";
import { workshop } from "./queue/workshop.ts";
import { trainingConformance } from "./training.conformance.ts";
import { TwinTraining } from "./twin.ts";

const CLI = fileURLToPath(new URL("../cli/agora.ts", import.meta.url));
const never = new AbortController().signal;
const samples = Array.from({ length: 16 }, (_, index) => ({
  prompt: `${index % 10}+${(index * 7) % 10}?`,
  response: `ans ${(index + 3) % 10}`,
}));
const wren: QueuedBase = {
  kind: "pocket",
  checkpoint: "wren",
  sha256: fingerprintOf(join(POCKET_FOLDER, "wren")) ?? "",
};
const pocketWorkshop = workshop({
  ...{ checkpoints: POCKET_FOLDER, python: "python3", devices: [], trustRemoteCode: false },
  ...{ silenceSeconds: 60, graceSeconds: 10 },
});

let server: NatsServer;
let runs = 0;
/** The run's backend; every test has its own run. */
const runSide = (more: Partial<NatsTrainingOptions> = {}): NatsTrainingOptions => ({
  ...{ run: `run${runs++}`, bases: new Map([["ant", wren]]), silenceSeconds: 60, lookMilliseconds: 50 },
  servers: server.url,
  ...more,
});

const orderIn = (folder: string, more: Partial<TrainingOrder> = {}): TrainingOrder => ({
  ...{ job: "ant@v1", model: "ant", previous: undefined, samples, rank: 4, alpha: 8, dropout: 0.05 },
  ...{ targets: ["q_proj"], learningRate: 0.003, epochs: 3, batchSize: 8, seed: 5, slot: 0 },
  output: join(folder, "ant@v1"),
  ...more,
});

/** Starts a host in this process; it is stopped after the test. */
const startHost = (settings: Partial<HostSettings> = {}) =>
  startTrainerHost({ servers: server.url, ackWaitSeconds: 6, ...settings });

/** A backend that waits for a signal of the test before its first step. */
const heldBack = () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const twin = new TwinTraining();
  let starts = 0;
  const backend: TrainingBackend = {
    train: async (order, signal, onStep) => {
      starts += 1;
      begun.resolve();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      await Promise.race([go.promise, aborted]);
      return twin.train(order, signal, onStep);
    },
  };
  return { backend, twin, begun: begun.promise, go: go.resolve, starts: () => starts };
};

const isWhole = (folder: string): boolean => existsSync(join(folder, "adapter_model.safetensors"));

describe.skipIf(skipNats)(`training over NATS${natsNote}`, () => {
  beforeAll(async () => {
    server = await startNatsServer(["-js", "-sd", "store"]);
  });
  afterAll(() => server?.stop());

  describe("as a training backend", () => {
    const twin = new TwinTraining(["ant"]);
    const stopping = new AbortController();
    let working: Promise<void>;
    let queue: TrainingQueue;
    const folder = mkdtempSync(join(tmpdir(), "agora-queue-host-"));
    beforeAll(async () => {
      queue = await TrainingQueue.connect({
        ...{ servers: server.url, name: "conformance", takesTickets: true, ackWaitSeconds: 5 },
      });
      const host = new TrainerHost({
        queue,
        name: "host",
        folder,
        backendOf: () => twin,
        print: () => {},
      });
      working = host.work(stopping.signal);
    });
    afterAll(async () => {
      stopping.abort(new Error("over"));
      await working;
      await queue.close();
      rmSync(folder, { recursive: true, force: true });
    });

    trainingConformance({
      name: "a remote host",
      backend: () => ({
        train: (order, ...rest) => natsTraining(runSide({ run: "conformance" })).train(order, ...rest),
      }),
      order: { model: "ant", samples, learningRate: 0.003, targets: ["q_proj", "v_proj", "down_proj"] },
      timeout: 30_000,
    });
  });

  test("two runs with the same name have separate jobs: a job's key is the hash of its content", async () => {
    const twin = new TwinTraining();
    await startHost({ backend: twin });
    const side = runSide();
    const [one, other] = [scratch(), scratch()];
    await natsTraining(side).train(orderIn(one), never, () => {});
    await natsTraining(side).train(orderIn(other, { seed: 6 }), never, () => {});
    expect(twin.jobs).toEqual(["ant@v1", "ant@v1"]);
  });

  test("continues from an adapter that is sent with the job", async () => {
    await startHost();
    const folder = scratch();
    const backend = natsTraining(runSide());
    const first = await backend.train(orderIn(folder), never, () => {});
    const losses: number[] = [];
    const onward = orderIn(folder, { job: "ant@v2", previous: first.folder, output: join(folder, "ant@v2") });
    await backend.train(onward, never, ({ loss }) => void losses.push(loss));
    // The loss of the twin starts lower if it continues from an adapter.
    expect(losses[0]).toBe(0.5);
  });

  test("if a host is killed during a job, another host trains it, and the run gets its adapter", async () => {
    const [work, folder] = [scratch(), scratch()];
    const given = ["--nats", server.url, "--folder", work, "--name", "mortal", "--ack-wait", "6"];
    const mortal: ChildProcess = spawn(process.execPath, [CLI, "trainer", ...given], { stdio: "ignore" });
    onTestFinished(() => void mortal.kill("SIGKILL"));
    const stepped = Promise.withResolvers<void>();
    const steps: TrainingStep[] = [];
    const training = natsTraining(runSide()).train(orderIn(folder, { epochs: 12 }), never, (step) => {
      steps.push(step);
      stepped.resolve();
    });
    await stepped.promise;
    mortal.kill("SIGKILL");
    const { said } = await startHost({ backend: pocketWorkshop, name: "heir" });
    const { folder: adapter, loss } = await training;
    expect(readAdapter(adapter, readCheckpoint(join(POCKET_FOLDER, "wren")).shape)).toBeDefined();
    expect(said).toContain("ant@v1: training, delivery 2");
    expect(steps.at(-1)).toMatchObject({ step: 24, steps: 24, loss });
  }, 120_000);

  test("a stopping host returns its job immediately; after a restart it continues in the same folder", async () => {
    const work = scratch();
    const held = heldBack();
    const first = await startHost({ backend: held.backend, folder: work });
    const training = natsTraining(runSide()).train(orderIn(scratch()), never, () => {});
    await held.begun;
    await first.stop();
    const outputs: string[] = [];
    const twin = new TwinTraining();
    await startHost({
      folder: work,
      backend: {
        train: (order, ...rest) => {
          outputs.push(order.output);
          return twin.train(order, ...rest);
        },
      },
    });
    expect(isWhole((await training).folder)).toBe(true);
    expect(outputs[0]?.startsWith(work)).toBe(true);
    expect(held.twin.jobs).toEqual([]);
    expect(twin.jobs).toEqual(["ant@v1"]);
  });

  test("a job whose run is killed is trained once, and the resumed run gets its adapter", async () => {
    const held = heldBack();
    const { queue } = await startHost({ backend: held.backend });
    const side = runSide();
    const order = orderIn(scratch());
    const script = `
      const { natsTraining } = await import(${JSON.stringify(join(import.meta.dirname, "nats.ts"))});
      const bases = new Map([["ant", ${JSON.stringify(wren)}]]);
      await natsTraining({ ...${JSON.stringify({ ...side, bases: undefined })}, bases })
        .train(${JSON.stringify(order)}, new AbortController().signal, () => {});`;
    const mortal = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    onTestFinished(() => void mortal.kill("SIGKILL"));
    await held.begun;
    mortal.kill("SIGKILL");
    held.go();
    const key = keyOf(queuedOrderOf(order, { run: side.run, base: wren, previous: undefined }));
    while ((await queue.known(key)) === undefined) await sleep(20);
    expect(isWhole(order.output)).toBe(false);
    const resumed = await natsTraining(side).train(order, never, () => {});
    expect(isWhole(resumed.folder)).toBe(true);
    expect(held.starts()).toBe(1);
  }, 60_000);

  test("a run that repeats an order during its job waits for it; the job is not queued twice", async () => {
    const held = heldBack();
    await startHost({ backend: held.backend });
    const side = runSide();
    const order = orderIn(scratch());
    const leaving = new AbortController();
    const left = natsTraining(side).train(order, leaving.signal, () => {});
    await held.begun;
    leaving.abort(new Error("stopped by its user"));
    await expect(left).rejects.toThrow("stopped by its user");
    const resumed = natsTraining(side).train(order, never, () => {});
    await sleep(200);
    held.go();
    expect(isWhole((await resumed).folder)).toBe(true);
    expect(held.starts()).toBe(1);
  });

  test("run and host wait for a restarting server, and the job is trained once", async () => {
    const held = heldBack();
    await startHost({ backend: held.backend, ackWaitSeconds: 30 });
    const order = orderIn(scratch());
    const training = natsTraining(runSide()).train(order, never, () => {});
    await held.begun;
    await server.kill();
    await sleep(1_500);
    await server.restart();
    held.go();
    expect(isWhole((await training).folder)).toBe(true);
    expect(held.starts()).toBe(1);
  }, 60_000);

  test("a redelivered ticket of a finished job is acknowledged without training", async () => {
    const side = runSide();
    const order = orderIn(scratch());
    const queued = queuedOrderOf(order, { run: side.run, base: wren, previous: undefined });
    const key = keyOf(queued);
    const made = scratch();
    await new TwinTraining().train(orderIn(made), never, () => {});
    const parcel = packFolder(join(made, "ant@v1"));
    // The state after a host is killed between writing the outcome and the acknowledgement.
    const dead = await TrainingQueue.connect({ servers: server.url, name: "dead" });
    onTestFinished(() => dead.close());
    await dead.submit({ key, attempt: 0, job: order.job });
    const object = await dead.putParcel(`${key}/adapter/x`, parcel);
    const outcome = { state: "trained", parcel: object, sha256: parcel.sha256 } as const;
    await dead.conclude(key, { ...outcome, attempt: 0, host: "dead", seconds: 1 }, undefined);
    const twin = new TwinTraining();
    const { said, queue } = await startHost({ backend: twin });
    while (!said.includes("ant@v1: done already, by dead")) await sleep(20);
    expect(twin.jobs).toEqual([]);
    while (await queue.isBusy()) await sleep(20);
    const { folder } = await natsTraining(side).train(order, never, () => {});
    expect(readFileSync(join(folder, "adapter_model.safetensors"))).toEqual(
      readFileSync(join(made, "ant@v1", "adapter_model.safetensors")),
    );
  });

  test("the first of two outcomes of one attempt counts", async () => {
    const queue = await TrainingQueue.connect({ servers: server.url, name: "two" });
    onTestFinished(() => queue.close());
    const key = `run${runs++}.ant@v1-x`;
    const failed = {
      state: "failed",
      attempt: 0,
      seconds: 1,
      code: "x",
      cause: "y",
      permanent: false,
    } as const;
    expect(await queue.conclude(key, { ...failed, host: "quick" }, undefined)).toBe(true);
    expect(await queue.conclude(key, { ...failed, host: "late" }, undefined)).toBe(false);
    const known = await queue.known(key);
    expect(known?.outcome?.host).toBe("quick");
    expect(await queue.conclude(key, { ...failed, attempt: 1, host: "next" }, known)).toBe(true);
  });

  test("a failure is reported with its cause, and the job can be retried", async () => {
    const twin = new TwinTraining();
    let tries = 0;
    await startHost({
      backend: {
        train: (order, ...rest) => {
          tries += 1;
          if (tries > 1) return twin.train(order, ...rest);
          throw new TrainingError("out-of-memory", "the card is full", { permanent: false });
        },
      },
    });
    const backend = natsTraining(runSide());
    const order = orderIn(scratch());
    await expect(backend.train(order, never, () => {})).rejects.toMatchObject({
      ...{
        name: "TrainingError",
        code: "out-of-memory",
        permanent: false,
        message: "the card is full (on host)",
      },
    });
    expect(isWhole((await backend.train(order, never, () => {})).folder)).toBe(true);
    expect(tries).toBe(2);
  });

  test("a job that crashes every host fails permanently", async () => {
    const training = natsTraining(runSide()).train(orderIn(scratch()), never, () => {});
    const ended = training.catch((error: unknown) => error);
    for (let life = 0; life < 2; life += 1) {
      const held = heldBack();
      const { crash } = await startHost({ backend: held.backend, maxCrashes: 2 });
      await held.begun;
      await crash();
    }
    const twin = new TwinTraining();
    await startHost({ backend: twin, maxCrashes: 2 });
    expect(await ended).toMatchObject({
      ...{ code: "hosts-lost", permanent: true },
      message: "2 hosts took ant@v1 and none reported an outcome (on host)",
    });
    expect(twin.jobs).toEqual([]);
  }, 60_000);

  test("a job that no host takes fails and names the fix", async () => {
    const lonely = natsTraining(runSide({ silenceSeconds: 0.3 })).train(orderIn(scratch()), never, () => {});
    await expect(lonely).rejects.toMatchObject({
      ...{ code: "host-silent", permanent: false },
      message: "no host took ant@v1 within 0.3 s. Fix: start one: agora trainer --nats <url>.",
    });
    // A host that starts later must not find the job.
    const twin = new TwinTraining();
    const { queue, said } = await startHost({ backend: twin });
    while (said.length === 0 || (await queue.isBusy())) await sleep(20);
  });

  test.each<[string, QueuedBase, string]>([
    ["other weights of the same name", { ...wren, sha256: "other" } as QueuedBase, "base-differs"],
    ["an unknown checkpoint", { ...wren, checkpoint: "dodo" } as QueuedBase, "base-unknown"],
    [
      "untrusted code",
      {
        ...{ kind: "peft", base: "some/model", trustRemoteCode: true, precision: "auto" },
        ...{ gradientCheckpointing: true, microBatch: 8, maxTokens: 512, checkpointEvery: 9 },
      },
      "code-untrusted",
    ],
  ])("a host refuses %s permanently", async (_, base, code) => {
    await startHost({ backend: pocketWorkshop });
    const side = runSide({ bases: new Map([["ant", base]]) });
    await expect(natsTraining(side).train(orderIn(scratch()), never, () => {})).rejects.toMatchObject({
      ...{ code, permanent: true },
    });
  });

  test("the error for a server without JetStream names the fix", async () => {
    const plain = await startNatsServer();
    onTestFinished(() => plain.stop());
    const side = runSide({ servers: plain.url });
    await expect(natsTraining(side).train(orderIn(scratch()), never, () => {})).rejects.toMatchObject({
      ...{ code: "queue-unusable", permanent: false },
      message: expect.stringContaining("nats-server -c nats.conf"),
    });
  });

  test("a whole society is trained by a remote host", async () => {
    const twin = new TwinTraining();
    await startHost({ backend: twin });
    const config = societyConfig({ bufferThreshold: 2, updates: 1, rounds: 9 });
    const bases = new Map(config.models.map(({ name }) => [name, wren]));
    const { records } = await play(config, { training: natsTraining(runSide({ run: config.run, bases })) });
    expect(
      ofType(records, "adapter.published")
        .map(({ job }) => job)
        .toSorted(),
    ).toEqual([...["ant@v1", "bee@v1", "cat@v1"]]);
    expect(twin.jobs.toSorted()).toEqual(["ant@v1", "bee@v1", "cat@v1"]);
  }, 120_000);
});

describe.skipIf(skipNats)(`the training queue of a server with keys${natsNote}`, () => {
  let keyed: KeyedServer;
  beforeAll(async () => {
    keyed = await startKeyedServer(["eve"]);
  });
  afterAll(() => keyed?.stop());

  test("a run and a trainer with their own keys train as without", async () => {
    const side = { servers: keyed.url, keyFile: keyed.keyOf("host") };
    const twin = new TwinTraining();
    await startHost({ backend: twin, servers: keyed.url, keyFile: keyed.keyOf("trainer") });
    const order = orderIn(scratch());
    const trained = await natsTraining(runSide(side)).train(order, never, () => {});
    expect(trained.folder).toBe(order.output);
    expect(twin.jobs).toEqual(["ant@v1"]);
  });

  test("an agent's key reaches no job, and a trainer's key publishes nothing of a run and queues no job", async () => {
    const asEve = TrainingQueue.connect({ servers: keyed.url, name: "eve", keyFile: keyed.keyOf("eve") });
    await expect(asEve).rejects.toMatchObject({ code: "queue-unusable" });
    const bus = await keyed.connectAs("trainer");
    const refused: string[] = [];
    bus.onStatus((status) => void (status.type === "refused" && refused.push(String(status.cause))));
    for (const subject of ["agora.r.trainer.append.run.finished.all", "agora-training.job.x"])
      bus.publish(subject, new Uint8Array());
    await expect.poll(() => refused).toHaveLength(2);
    await bus.close();
  });
});
