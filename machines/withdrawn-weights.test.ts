/** The trainer and its jobs, running: weights are withdrawn while a job that continues from them is under way. */
import { expect, onTestFinished, test } from "vitest";
import { createActor, fromPromise, SimulatedClock } from "xstate";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import { type JobInput, jobMachine, type Lease, type Trained } from "./job.ts";
import { heard, said, settings, settledOf } from "./machines.fixture.ts";
import { trainerMachine } from "./trainer.ts";

const made = (version: number): Message[] => {
  const ids = { job: `ant@v${version}`, model: "ant", version };
  return [
    said("training.requested", { ...ids, generation: version, previous: version - 1, samples: [] }),
    said("adapter.published", { ...ids, folder: "" }),
  ];
};
const rolledBack = said("operator.withdrew", { act: "a", operator: "ada", model: "ant" });
/** Weights of v2 are in force, and v1 is what they have replaced. */
const before: readonly Message[] = [...made(1), ...made(2)];

const figures = (correct: number) => ({
  zeroShot: { correct, total: 100 },
  eliteShot: { correct, total: 100 },
});

/** A trainer whose messages are recorded as they are sent; the test ends the training and measures. */
const living = (records: readonly Message[], clock = new SimulatedClock()) => {
  const trained = Promise.withResolvers<Trained>();
  const journal = [...records];
  const asked: MessageOf<"anchor.requested">[] = [];
  const drafts: Draft[] = [];
  const job = jobMachine.provide({
    actors: {
      lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(async () => ({ slot: 0 })),
      train: fromPromise<Trained, JobInput & { readonly slot: number }>(() => trained.promise),
    },
  });
  const actor = createActor(trainerMachine.provide({ actors: { job } }), {
    clock,
    input: { settings, records },
  });
  const send = async (...messages: readonly Message[]): Promise<void> => {
    drafts.push(...(messages as readonly Draft[]));
    for (let turn = 0; turn < 9; turn += 1) {
      for (const message of drafts.splice(0).map(heard)) {
        journal.push(message);
        if (message.type === "anchor.requested") asked.push(message);
        actor.send(message);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  actor.on("*", (draft) => void drafts.push(draft));
  actor.start();
  onTestFinished(() => void actor.stop());
  const train = async (): Promise<void> => {
    trained.resolve({ folder: "", loss: 0 });
    await send();
  };
  /** The anchor's answer to a request of the gate. */
  const measure = (which: number, candidate: number, other: number): Promise<void> => {
    const request = asked[which];
    if (request?.against === undefined) throw new Error("the gate has not asked");
    const { against: adapter, ...reading } = request;
    const measured = { ...reading, type: "anchor.measured" as const, ...figures(candidate) };
    return send(heard({ ...measured, against: { adapter, ...figures(other) } }));
  };
  const weights = () => actor.getSnapshot().context.buffer.weights.ant;
  return { clock, journal, asked, send, train, measure, weights };
};

const underway = async (records = before) => {
  const trainer = living(records);
  const joined = said("agent.joined", { agent: "ant", kind: "model", machine: {}, member: true });
  await trainer.send(joined, settledOf("q0", ["ant"]), settledOf("q1", ["ant"]));
  expect(trainer.journal).toContainEqual(
    expect.objectContaining({ type: "training.requested", job: "ant@v3", previous: 2 }),
  );
  return trainer;
};

test("a candidate is measured against the weights that were restored while it was trained", async () => {
  const { asked, send, train, measure, weights } = await underway();
  await send(rolledBack);
  expect(weights()).toBe(1);
  await train();
  expect(asked).toMatchObject([{ adapter: 3, against: 1 }]);
  await measure(0, 40, 70);
  expect(weights()).toBe(1);
});

test("and is measured again if they are restored while the gate measures: the first reading does not count", async () => {
  const { asked, send, train, measure, weights, journal } = await underway();
  await train();
  await send(rolledBack);
  expect(asked).toMatchObject([
    { adapter: 3, against: 2 },
    { adapter: 3, against: 1 },
  ]);
  await measure(0, 40, 10);
  expect(weights()).toBe(1);
  await measure(1, 72, 70);
  expect(weights()).toBe(3);
  expect(journal).toContainEqual(
    expect.objectContaining({ type: "adapter.published", version: 3, before: 0.7 }),
  );
});

test("a pause of the gate goes on, and its next reading is against what was restored meanwhile", async () => {
  const { asked, clock, send, train } = await underway();
  await train();
  await send(said("anchor.missed", { request: asked[0]?.request ?? "", model: "ant", cause: "down" }));
  await send(rolledBack);
  expect(asked).toHaveLength(1);
  clock.increment(settings.jobBackoffSeconds * 1000);
  await send();
  expect(asked.map(({ against }) => against)).toEqual([2, 1]);
});

test("a withdrawal by the anchor counts as one by an operator, one of another model does not", async () => {
  const { asked, send, train } = await underway();
  await train();
  const withdrawn = { version: 2, restored: 1, cause: "worse" };
  await send(said("adapter.withdrawn", { ...withdrawn, model: "bee" }));
  expect(asked).toHaveLength(1);
  await send(said("adapter.withdrawn", { ...withdrawn, model: "ant" }));
  expect(asked.map(({ against }) => against)).toEqual([2, 1]);
});

test("a run that is resumed from any record of it measures against the weights in force then", async () => {
  const { journal, send, train } = await underway();
  await send(rolledBack);
  await train();
  const begun = journal.findIndex((message) => "job" in message && message.job === "ant@v3") + 1;
  const ordered = journal.findIndex(({ type }) => type === "operator.withdrew") + 1;
  for (let length = begun; length <= journal.length; length += 1) {
    const again = living(journal.slice(0, length));
    await again.send();
    await again.train();
    expect(again.asked.at(-1)).toMatchObject({ adapter: 3, against: length < ordered ? 2 : 1 });
  }
});
