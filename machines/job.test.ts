import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, setup } from "xstate";
import type { Draft, Message } from "../runtime/messages.ts";
import {
  type JobEnded,
  type JobInput,
  type JobReported,
  jobMachine,
  type Lease,
  type Trained,
} from "./job.ts";
import {
  after,
  type Driven,
  doneOf,
  drive,
  failedOf,
  heard,
  said,
  settings,
  typesOf,
} from "./machines.fixture.ts";
import type { Settings } from "./settings.ts";

const requested = said("training.requested", {
  ...{ job: "ant@v2", model: "ant", generation: 1, previous: 1, version: 2, samples: ["q/ant"] },
});
const input: JobInput = {
  settings,
  requested,
  examples: [],
  round: 3,
  epoch: 7,
};

type Job = Driven<typeof jobMachine>;
/** Without a parent. */
const orphan = jobMachine.provide({ actions: { reportEnd: () => {}, tell: () => {} } });
const begin = (more: Partial<JobInput> = {}): Job => drive(orphan, { ...input, ...more });
const leased = (job: Job): Job => job.send(doneOf("lease", { slot: 1 }));
const made = doneOf("train", { folder: "/adapters/ant@v2", loss: 0.25 });
/** Trained, and loaded as a candidate. */
const trained = (job: Job): Job => leased(job).send(made, doneOf("load"));
const figures = (zeroShot: number, eliteShot: number) => ({
  zeroShot: { correct: zeroShot, total: 100 },
  eliteShot: { correct: eliteShot, total: 100 },
});
/** A reading of the candidate and of the weights in use, which solve half of the problems. */
const measured = (request: string, zeroShot: number, eliteShot: number): Message =>
  said("anchor.measured", {
    ...{ request, round: 3, model: "ant", adapter: 2, purpose: "gate" as const },
    ...figures(zeroShot, eliteShot),
    against: { adapter: 1, ...figures(50, 50) },
  });
const gate = "gate:ant@v2:7.0";
const askedAgain = "gate:ant@v2:7.1";
/** A reading of the candidate alone. */
const alone = (request: string): Message =>
  said("anchor.measured", {
    ...{ request, round: 3, model: "ant", adapter: 2, purpose: "gate" as const },
    ...figures(90, 90),
  });
const missed = (request: string): Message =>
  said("anchor.missed", { request, model: "ant", cause: "model down" });
const patience = (path: string) => after("patience", `job.${path}`);
const backoff = after("backoff", "retrying");
const outcome = (job: Job): Draft | undefined => job.last.at(-1);

describe("a job", () => {
  const queued = begin();
  const gating = trained(queued);
  const publishing = gating.send(measured(gate, 60, 55));

  test("leases, trains, is loaded, measured and published", () => {
    expect(queued.state.value).toBe("leasing");
    expect(leased(queued).state.value).toEqual({ training: "stepping" });
    expect(leased(queued).send(made).state.value).toBe("loading");
    expect(gating.state.value).toEqual({ gating: "measuring" });
    expect(typesOf(gating.last)).toEqual(["training.progressed", "anchor.requested"]);
    expect(gating.last.at(-1)).toMatchObject({ request: gate, adapter: 2, against: 1, round: 3 });
    expect(publishing.last).toEqual([
      {
        type: "adapter.published",
        ...{ job: "ant@v2", model: "ant", version: 2, folder: "/adapters/ant@v2", loss: 0.25 },
        ...{ before: 0.5, after: 0.6 },
      },
    ]);
  });

  test("ends when its outcome is recorded, and not before", () => {
    expect(publishing.state.value).toBe("publishing");
    const other = heard({ ...(publishing.last[0] as Draft<"adapter.published">), job: "bee@v2" });
    expect(publishing.send(other).state.value).toBe("publishing");
    const done = publishing.send(heard(publishing.last[0] as Draft));
    expect([done.state.value, done.state.status]).toEqual(["done", "done"]);
  });

  test("reports each of its states", () => {
    const states = publishing.drafts.flatMap((draft) =>
      draft.type === "training.progressed" ? draft.state : [],
    );
    expect(states).toEqual(["queued", "leasing", "training", "loading", "gating"]);
  });

  test("reports its slot from its lease on, then that of the next lease", () => {
    const slotsIn = ({ drafts }: Job) =>
      drafts.flatMap((draft) => (draft.type === "training.progressed" ? [draft.slot] : []));
    expect(slotsIn(publishing)).toEqual([undefined, undefined, 1, 1, 1]);
    const again = leased(begin()).send(failedOf("train", "out of memory"), backoff);
    const moved = again.send(doneOf("lease", { slot: 0 }));
    expect(slotsIn(moved)).toEqual([undefined, undefined, 1, 1, 1, 0]);
  });
});

describe("failures", () => {
  test("a crash is tried again after a pause, then fails with the last cause", () => {
    const pausing = leased(begin()).send(failedOf("train", "out of memory"));
    expect(pausing.state.value).toBe("retrying");
    expect(pausing.last).toMatchObject([{ state: "retrying", cause: "out of memory" }]);
    const again = pausing.send(backoff);
    expect(again.state.value).toBe("leasing");
    const over = leased(again).send(failedOf("train", "still out of memory"));
    expect(over.state.value).toBe("failed");
    expect(outcome(over)).toEqual({
      type: "training.failed",
      ...{ job: "ant@v2", model: "ant", version: 2, cause: "still out of memory" },
    });
    expect(over.send(heard(outcome(over) as Draft)).state.status).toBe("done");
  });

  test("a permanent failure is not tried again", () => {
    const cause = Object.assign(new Error("no checkpoint there"), { permanent: true });
    const over = leased(begin()).send(failedOf("train", cause));
    expect(outcome(over)).toMatchObject({ type: "training.failed", cause: "no checkpoint there" });
  });

  test("without a slot the job fails", () => {
    const none = begin().send(failedOf("lease", "no slot"));
    expect(outcome(none)).toMatchObject({ type: "training.failed", cause: "no slot" });
  });

  test("training that reports no step in time is tried again, then fails", () => {
    const pausing = leased(begin()).send(patience("training.stepping"));
    expect(pausing.last).toMatchObject([{ state: "retrying", cause: "no training step within 360 s" }]);
    const again = pausing.send(backoff);
    expect(again.state.value).toBe("leasing");
    const over = leased(again).send(patience("training.stepping"));
    expect(outcome(over)).toMatchObject({ type: "training.failed", cause: "no training step within 360 s" });
  });

  test.each([
    ["an anchor that cannot measure", missed(gate), "model down"],
    ["an anchor that says nothing", patience("gating.measuring"), "no reply in time"],
    ["a reading of the candidate alone", alone(gate), "no reading of the weights in force"],
  ])("%s is asked again after a pause, and the training counts", (_, miss, cause) => {
    const pausing = trained(begin()).send(miss);
    expect(pausing.state.value).toEqual({ gating: "pausing" });
    expect(pausing.last).toMatchObject([
      { state: "retrying", cause: `the gate could not measure: ${cause}` },
    ]);
    const again = pausing.send(after("gateBackoff", "job.gating.pausing"));
    expect(again.last).toMatchObject([
      { state: "gating" },
      { type: "anchor.requested", request: askedAgain, adapter: 2 },
    ]);
    expect(outcome(again.send(measured(askedAgain, 60, 60)))).toMatchObject({ type: "adapter.published" });
    const over = again.send(missed(gate)).send(missed(askedAgain));
    expect(typesOf(over.drafts)).not.toContain("adapter.published");
    expect(over.last).toEqual([
      {
        type: "training.failed",
        ...{ job: "ant@v2", model: "ant", version: 2, folder: "/adapters/ant@v2" },
        cause: expect.stringMatching(
          /^the gate could not measure: model down \(2 tries\); the finished weights stay in \/adapters\/ant@v2 .*gate: false/,
        ),
      },
    ]);
    const first = trained(begin({ settings: { ...settings, jobAttempts: 1 } })).send(miss);
    expect(outcome(first)).toMatchObject({ cause: expect.stringContaining(`measure: ${cause} (1 tries)`) });
    expect(over.send(heard(outcome(over) as Draft)).state.status).toBe("done");
  });

  test("an adapter that cannot be loaded, or is ignored, fails the job without a reading", () => {
    const ignored = leased(begin()).send(made, failedOf("load", "ignored"));
    expect(outcome(ignored)).toMatchObject({ type: "training.failed", cause: "ignored" });
    expect(typesOf(ignored.drafts)).not.toContain("anchor.requested");
    const slow = leased(begin()).send(made, patience("loading"));
    expect(outcome(slow)).toMatchObject({ cause: "loading took more than 360 s" });
  });

  test("other requests' readings change nothing", () => {
    const gating = trained(begin());
    expect(gating.send(measured("gate:ant@v2:6.0", 60, 60), missed("x")).state.value).toEqual({
      gating: "measuring",
    });
  });
});

describe("the gate", () => {
  test("publishes an adapter whose loss chance explains", () => {
    expect(outcome(trained(begin()).send(measured(gate, 47, 45)))).toMatchObject({
      before: 0.5,
      after: 0.47,
    });
  });

  test.each([
    [
      "zeroShot",
      30,
      60,
      /^zeroShot accuracy fell from 50\.0 to 30\.0 points \(50 of 100 and 30 of 100 problems/,
    ],
    ["eliteShot", 60, 12, /^eliteShot accuracy fell from 50\.0 to 12\.0 points \(/],
  ])("refuses what got worse in %s", (_, zeroShot, eliteShot, cause) => {
    const refused = trained(begin()).send(measured(gate, zeroShot, eliteShot));
    expect(refused.state.value).toBe("rejected");
    expect(outcome(refused)).toEqual({
      type: "adapter.rejected",
      ...{ job: "ant@v2", model: "ant", version: 2, before: 0.5, after: zeroShot / 100 },
      cause: expect.stringMatching(cause),
    });
    expect(refused.send(heard(outcome(refused) as Draft)).state.status).toBe("done");
  });

  test("compares with the weights in use, even if the job continued from others", () => {
    const job = { ...requested, previous: 4, against: 1 };
    expect(trained(begin({ requested: job })).last.at(-1)).toMatchObject({ adapter: 2, against: 1 });
  });

  test("can be switched off", () => {
    const ungated = trained(begin({ settings: { ...settings, gate: false } }));
    expect(ungated.state.value).toBe("publishing");
    expect(typesOf(ungated.drafts)).not.toContain("anchor.requested");
    expect(outcome(ungated)).not.toHaveProperty("before");
    const unanchored = trained(begin({ settings: { ...settings, externalAnchor: false } }));
    expect(unanchored.state.value).toEqual({ gating: "measuring" });
  });
});

describe("a GPU that serves and trains in turns", () => {
  const draining = begin().send(doneOf("lease", { slot: 1, shared: true }));
  const sleeping = draining.send(doneOf("drain"));
  const training = sleeping.send(doneOf("sleep"));
  const waking = training.send(made);
  const states = ({ drafts }: Job): string[] =>
    drafts.flatMap((draft) => (draft.type === "training.progressed" ? draft.state : []));

  test("drains, sleeps, trains, wakes, and only then loads the adapter", () => {
    const gating = waking.send(doneOf("wake"), doneOf("load"));
    expect(gating.state.value).toEqual({ gating: "measuring" });
    expect(states(gating)).toEqual([
      ...["queued", "leasing", "draining", "sleeping", "training", "waking", "loading", "gating"],
    ]);
  });

  test.each([
    ["draining", draining.send(failedOf("drain", "a call hangs")), "a call hangs"],
    ["draining too long", draining.send(patience("draining")), "draining took more than 360 s"],
    ["falling asleep", sleeping.send(failedOf("sleep", "HTTP 500")), "HTTP 500"],
    ["sleeping too long", sleeping.send(patience("sleeping")), "falling asleep took more than 360 s"],
    ["training", training.send(failedOf("train", "out of memory")), "out of memory"],
    ["a stall", training.send(patience("training.stepping")), "no training step within 360 s"],
  ])("wakes after %s, and tries again", (_, broken, cause) => {
    expect(broken.state.value).toBe("waking");
    const pausing = broken.send(doneOf("wake"));
    expect(pausing.state.value).toBe("retrying");
    const again = pausing.send(backoff);
    expect(again.state.value).toBe("leasing");
    const over = again.send(
      ...[doneOf("lease", { slot: 1, shared: true }), failedOf("drain", cause), doneOf("wake")],
    );
    expect(outcome(over)).toMatchObject({ type: "training.failed", cause });
  });

  test("fails with the cause if the servers do not wake", () => {
    const down = waking.send(failedOf("wake", "connection refused"));
    expect(outcome(down)).toMatchObject({ type: "training.failed", cause: "connection refused" });
    expect(outcome(waking.send(patience("waking")))).toMatchObject({ cause: "waking took more than 360 s" });
  });
});

/** A running job under a parent, with leases and a backend that the test controls. */
const living = (more: Partial<Settings> = {}, { shared = false } = {}) => {
  const leases: string[] = [];
  const trainings: { signal: AbortSignal; settle: PromiseWithResolvers<Trained> }[] = [];
  const drafts: Draft[] = [];
  const ended: JobEnded[] = [];
  const machine = jobMachine.provide({
    actors: {
      lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(
        async ({ input: { job } }) => {
          leases.push(`take ${job}`);
          return { slot: 0, shared };
        },
      ),
      train: fromPromise<Trained, JobInput & { readonly slot: number }>(({ signal }) => {
        const settle = Promise.withResolvers<Trained>();
        trainings.push({ signal, settle });
        return settle.promise;
      }),
    },
    actions: {
      release: (_, { job }) => void leases.push(`give back ${job}`),
      discard: (_, { model, version }) => void leases.push(`drop ${model}@v${version}`),
    },
  });
  const parent = setup({
    types: { events: {} as JobReported | JobEnded | Message },
    actors: { job: machine },
  }).createMachine({
    invoke: { id: "job", src: "job", input: { ...input, settings: { ...settings, ...more } } },
    on: {
      "job.reported": { actions: ({ event }) => void drafts.push(event.draft) },
      "job.ended": { actions: ({ event }) => void ended.push(event) },
    },
  });
  const clock = new SimulatedClock();
  const actor = createActor(parent, { clock }).start();
  const tell = (message: Message) => actor.getSnapshot().children.job?.send(message);
  return { clock, leases, trainings, drafts, ended, actor, tell };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));
const stepped = (step: number, job = "ant@v2"): Message =>
  said("training.progressed", { job, model: "ant", state: "training", step, steps: 9, loss: 1 });

describe("a job that runs", () => {
  test("holds its lease exactly while it trains, and reports its end", async () => {
    const { leases, trainings, drafts, ended, tell } = living();
    await settled();
    expect(leases).toEqual(["take ant@v2"]);
    trainings[0]?.settle.resolve({ folder: "", loss: 0 });
    await settled();
    expect(leases).toEqual(["take ant@v2", "give back ant@v2"]);
    tell(measured(gate, 60, 60));
    tell(heard(drafts.at(-1) as Draft));
    await settled();
    expect(ended).toEqual([{ type: "job.ended", job: "ant@v2" }]);
  });

  test("gives back a lease that it got as an operator refused its adapter", async () => {
    const { leases, trainings, tell } = living();
    tell(said("operator.rejected", { act: "a", operator: "ada", model: "ant" }));
    await settled();
    expect(leases).toEqual(["take ant@v2", "give back ant@v2", "drop ant@v2"]);
    expect(trainings).toEqual([]);
  });

  test("holds a lease on a shared GPU until the gate has measured", async () => {
    const { leases, trainings, tell } = living({}, { shared: true });
    await settled();
    trainings[0]?.settle.resolve({ folder: "", loss: 0 });
    await settled();
    expect(leases).toEqual(["take ant@v2"]);
    tell(measured(gate, 10, 60));
    expect(leases).toEqual(["take ant@v2", "give back ant@v2", "drop ant@v2"]);
  });

  test("releases a lease on a shared GPU before it tries again", async () => {
    const { clock, leases, trainings } = living({}, { shared: true });
    await settled();
    trainings[0]?.settle.reject(new Error("crash"));
    await settled();
    expect(leases).toEqual(["take ant@v2", "give back ant@v2"]);
    clock.increment(5_000);
    expect(leases).toEqual(["take ant@v2", "give back ant@v2", "take ant@v2"]);
  });

  test("aborts a backend that hangs, releases its slot and tries again", async () => {
    const { clock, leases, trainings } = living();
    await settled();
    clock.increment(360_000);
    expect(trainings[0]?.signal.aborted).toBe(true);
    expect(leases).toEqual(["take ant@v2", "give back ant@v2"]);
    clock.increment(5_000);
    expect(leases).toEqual(["take ant@v2", "give back ant@v2", "take ant@v2"]);
  });

  test("waits as long as its own steps are reported", async () => {
    const { clock, trainings, tell } = living();
    await settled();
    clock.increment(300_000);
    tell(stepped(1));
    clock.increment(300_000);
    expect(trainings.map(({ signal }) => signal.aborted)).toEqual([false]);
    tell(stepped(2, "bee@v2"));
    tell(stepped(0));
    clock.increment(60_000);
    expect(trainings.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  test("pauses longer before each further attempt", async () => {
    const { clock, trainings } = living({ jobAttempts: 3 });
    const crash = async (): Promise<void> => {
      await settled();
      trainings.at(-1)?.settle.reject(new Error("crash"));
      await settled();
    };
    await crash();
    clock.increment(4_999);
    await settled();
    expect(trainings).toHaveLength(1);
    clock.increment(1);
    await crash();
    expect(trainings).toHaveLength(2);
    clock.increment(9_999);
    await settled();
    expect(trainings).toHaveLength(2);
    clock.increment(1);
    await settled();
    expect(trainings).toHaveLength(3);
  });

  test("releases its slot after a crash", async () => {
    const { clock, leases, trainings } = living();
    await settled();
    trainings[0]?.settle.reject(new Error("crash"));
    await settled();
    expect(leases).toEqual(["take ant@v2", "give back ant@v2"]);
    clock.increment(5_000);
    await settled();
    expect(leases).toEqual(["take ant@v2", "give back ant@v2", "take ant@v2"]);
    expect(trainings).toHaveLength(2);
  });

  test("aborts training when it is stopped", async () => {
    const { trainings, actor } = living();
    await settled();
    actor.stop();
    expect(trainings[0]?.signal.aborted).toBe(true);
  });
});
