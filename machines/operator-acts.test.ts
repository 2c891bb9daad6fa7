/** What an operator does, at each moment of a run: the supervisor, the trainer and a job. */
import { describe, expect, test } from "vitest";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import { foldSociety } from "./folds/society.ts";
import { jobMachine } from "./job.ts";
import {
  after,
  type Driven,
  doneOf,
  drive,
  failedOf,
  group,
  heard,
  said,
  settings,
  settledOf,
} from "./machines.fixture.ts";
import type { Settings } from "./settings.ts";
import { supervisorMachine } from "./supervisor.ts";
import { trainerMachine } from "./trainer.ts";

type Supervisor = Driven<typeof supervisorMachine>;

let acts = 0;
const by = () => {
  acts += 1;
  return { act: `a${acts}`, operator: "ada" };
};
const paused = () => said("operator.paused", by());
const resumed = () => said("operator.resumed", by());
const stepped = () => said("operator.stepped", by());
const set = (more: Partial<MessageOf<"operator.set">>) => said("operator.set", { ...by(), ...more });

const long = { rounds: 9, questionsPerRound: 1, externalAnchor: false, dynamicStrategy: false, fem: false };

const joined = group.map((agent) =>
  said("agent.joined", { agent, kind: "model", machine: {}, member: true }),
);
const start = (more: Partial<Settings> = {}, records: readonly Message[] = []): Supervisor =>
  drive(supervisorMachine, { settings: { ...settings, ...long, ...more }, records, expected: group });
const gathered = (more: Partial<Settings> = {}, records: readonly Message[] = []): Supervisor =>
  start(more, records).send(...joined);

/** Hears this while what was said last is on its way to the journal. */
const acting = (supervisor: Supervisor, ...events: readonly Message[]): Supervisor => {
  const after = supervisor.send(...events);
  return { ...after, last: [...supervisor.last, ...after.drafts.slice(supervisor.drafts.length)] };
};

/** The trainer has no job under way. */
const answered = (supervisor: Supervisor): Supervisor =>
  supervisor.send(said("training.closed", { epoch: supervisor.state.context.epoch }));

/** What was said last comes back recorded, and so does what follows from it. */
const echoed = (supervisor: Supervisor): Supervisor => {
  const after = supervisor.last
    .filter(({ type }) => type !== "anchor.requested" && type !== "play.ended")
    .reduce((before, draft) => before.send(heard(draft)), supervisor);
  return after.state.value === "draining" ? answered(after) : after;
};

const settled = (round: number): Message => {
  const message = settledOf(`q${round}`, ["ant"]);
  return { ...message, dossier: { ...message.dossier, round } };
};
/** Plays the round that is being opened, and closes it. */
const played = (supervisor: Supervisor): Supervisor =>
  echoed(echoed(supervisor).send(settled(openings(supervisor).length - 1)));
const openings = ({ drafts }: Supervisor): MessageOf<"round.opened">[] =>
  drafts.filter((draft) => draft.type === "round.opened") as MessageOf<"round.opened">[];
const opening = (supervisor: Supervisor) => openings(supervisor).at(-1);
const requested = said("training.requested", {
  ...{ job: "ant@v1", model: "ant", generation: 1, previous: 0, version: 1, samples: [] },
});
const failed = said("training.failed", { job: "ant@v1", model: "ant", version: 1, cause: "crashed" });

describe("pausing", () => {
  test("before the members are there opens no round", () => {
    const waiting = start().send(paused(), ...joined);
    expect([waiting.state.value, openings(waiting)]).toEqual(["paused", []]);
    expect(openings(waiting.send(resumed()))).toHaveLength(1);
  });

  test("in a round plays it out, closes it and opens no other", () => {
    const playing = echoed(gathered()).send(paused());
    expect(playing.state.value).toBe("playing");
    const waiting = echoed(playing.send(settled(0)));
    expect(waiting.state.value).toBe("paused");
    expect(waiting.drafts.filter(({ type }) => type === "round.closed")).toHaveLength(1);
    expect(openings(waiting)).toHaveLength(1);
    expect(opening(waiting.send(resumed()))).toMatchObject({ round: 1, attempt: 0 });
  });

  test("while a round is being opened plays that one", () => {
    const waiting = played(acting(gathered(), paused()));
    expect([waiting.state.value, openings(waiting).length]).toEqual(["paused", 1]);
  });

  test("lets two overlapping rounds end", () => {
    const more = { overlap: 0.5, questionsPerRound: 2 };
    const first = echoed(gathered(more)).send(settled(0));
    const both = echoed(first).send(paused());
    expect(both.state.context.society.rounds).toHaveLength(2);
    const one = { ...settled(0), dossier: { ...settledOf("r", ["ant"]).dossier, round: 0 } } as Message;
    const closed = echoed(both.send(one));
    expect(closed.state.value).toBe("playing");
    const two = (question: string): Message => {
      const message = settledOf(question, ["ant"]);
      return { ...message, dossier: { ...message.dossier, round: 1 } };
    };
    expect(echoed(closed.send(two("s"), two("t"))).state.value).toBe("paused");
  });

  test("while adapters are trained between rounds waits for them first", () => {
    const training = played(acting(gathered({ trainAfter: "round" }), requested));
    expect(training.state.value).toBe("learning");
    expect(training.send(paused()).state.value).toBe("learning");
    expect(training.send(paused(), failed).state.value).toBe("paused");
    expect(training.send(paused(), failed, resumed()).state.value).toBe("opening");
  });

  test("never ends the run for want of members, whatever time passes", () => {
    const waiting = played(acting(gathered(), paused()));
    const lapsed = group.map((agent) => said("agent.lapsed", { agent, failures: 3, cause: "down" }));
    expect(waiting.send(...lapsed, after("roundDeadline", "supervisor.paused")).state.value).toBe("paused");
  });

  test("while the end is measured changes nothing", () => {
    const measuring = played(gathered({ rounds: 1, externalAnchor: true }));
    expect(measuring.state.value).toBe("measuring");
    for (const act of [paused(), stepped(), set({ difficulty: 4 })])
      expect([measuring.send(act).state.value, measuring.send(act).last]).toEqual(["measuring", []]);
  });

  test("holds after a restart, also for a round that was in play", () => {
    const before = played(gathered());
    const records = [...before.drafts.map(heard), paused()];
    const again = gathered({}, records);
    expect([again.state.value, openings(again)]).toEqual(["paused", []]);
    const half = [...records, resumed(), heard(opening(before.send(resumed())) as Draft), paused()];
    expect(gathered({}, half).state.value).toBe("paused");
    expect(opening(acting(gathered({}, half), resumed()))).toMatchObject({ round: 1, attempt: 1 });
  });

  test("ends with the run where a goal is reached meanwhile", () => {
    const waiting = played(acting(gathered({ updates: 1 }), requested, paused()));
    expect(waiting.state.value).toBe("paused");
    const published = said("adapter.published", { job: "ant@v1", model: "ant", version: 1, folder: "" });
    expect(answered(waiting.send(published)).state.value).toBe("ending");
  });
});

describe("stepping", () => {
  test("plays one round, and as many as it was asked for", () => {
    const waiting = played(acting(gathered(), paused()));
    const once = played(waiting.send(stepped()));
    expect([once.state.value, openings(once).length]).toEqual(["paused", 2]);
    const twice = played(played(acting(once.send(stepped()), stepped())));
    expect([twice.state.value, openings(twice).length]).toEqual(["paused", 4]);
  });

  test("a run that is not paused plays its round and one more", () => {
    const last = played(played(acting(gathered(), stepped())));
    expect([last.state.value, openings(last).length]).toEqual(["paused", 1]);
  });

  test("is over once the run is resumed", () => {
    const going = played(played(acting(gathered(), paused(), stepped(), resumed())));
    expect(going.state.value).toBe("opening");
  });
});

describe("setting", () => {
  test("applies from the next round, and the difficulty goes on from there", () => {
    const playing = echoed(gathered()).send(set({ difficulty: 4, components: { fem: true } }));
    const next = echoed(playing.send(settled(0)));
    expect(opening(next)).toMatchObject({ round: 1, difficulty: 4, components: { fem: true } });
    const opened = echoed(next);
    expect(opened.state.context.settings.fem).toBe(true);
    const third = echoed(opened.send(settled(1)));
    expect(opening(third)?.difficulty).toBeCloseTo(4 + 0.05 * (1 / 3 - 0.5), 1);
    expect(opening(third)).toMatchObject({ components: { fem: true } });
    expect(opening(third)?.acts).toBeUndefined();
  });

  test("clamps the difficulty, and the newest setting wins", () => {
    const next = played(acting(gathered(), set({ difficulty: 5 }), set({ difficulty: 99 })));
    expect(opening(next)?.difficulty).toBe(6);
    expect(opening(next)?.acts).toHaveLength(2);
  });

  test("what is set while a round is being opened waits for the next one", () => {
    const opening0 = acting(gathered(), set({ difficulty: 5 }));
    const playing = echoed(opening0);
    expect(playing.state.context.society.control.waiting).toHaveLength(1);
    expect(opening(echoed(playing.send(settled(0))))?.difficulty).toBe(5);
  });

  test("a component back as configured is no difference any more", () => {
    const off = played(acting(gathered(), set({ components: { lora: false } })));
    expect(opening(off)?.components).toEqual({ lora: false });
    const on = played(acting(off, set({ components: { lora: true } })));
    expect(openings(on).map(({ components }) => components)).toEqual([undefined, { lora: false }, undefined]);
  });

  test("changes the strategy before the round opens, with the operator as its cause", () => {
    const next = played(acting(gathered(), set({ strategy: "elite" })));
    expect(next.last.map(({ type }) => type)).toEqual(["strategy.changed", "round.opened"]);
    expect(next.last[0]).toMatchObject({ before: "explore", after: "elite", cause: "set by ada", round: 1 });
    expect(opening(next)?.strategy).toBe("elite");
    expect(echoed(next).state.context.society).toMatchObject({ strategy: "elite", roundsInForce: 0 });
    const same = played(acting(gathered(), set({ strategy: "explore" })));
    expect(same.last.map(({ type }) => type)).toEqual(["round.opened"]);
  });

  test("holds after a restart, waiting or in force", () => {
    const waiting = echoed(gathered());
    const act = set({ difficulty: 3, components: { validVote: false } });
    const records = [...waiting.drafts.map(heard), act, settled(0)];
    const closed = echoed(gathered({}, records));
    expect(opening(closed)).toMatchObject({ difficulty: 3, components: { validVote: false } });
    const inForce = [...records, ...closed.drafts.map(heard)];
    expect(gathered({}, inForce).state.context.settings.validVote).toBe(false);
  });

  test("does not reach a fork", () => {
    const forked = said("run.forked", { ...by(), parent: "other", records: 3, changed: [] });
    const begun = start({}, [set({ difficulty: 5 }), paused(), forked]);
    expect(begun.state.context.society.control).toMatchObject({ paused: false, waiting: [] });
  });
});

test("a journal gives the same society as the messages one by one, whatever an operator has done", () => {
  const run = played(
    acting(played(acting(gathered(), set({ difficulty: 4 }))), set({ strategy: "elite" }), stepped()),
  );
  const { context } = run.state;
  const acted = [set({ difficulty: 4 }), stepped()];
  const records = [...acted, ...run.drafts.map(heard)];
  const fold = foldSociety({ ...settings, ...long });
  const whole = start({}, records).state.context.society;
  const parts = records.reduce(fold, start().state.context.society);
  expect(whole).toEqual(parts);
  expect(context.society.roundsClosed).toBe(2);
});

describe("an operator and the trainer", () => {
  const trainer = (records: readonly Message[]) => drive(trainerMachine, { settings, records });
  const publishedAs = (version: number): Message =>
    said("adapter.published", { job: `ant@v${version}`, model: "ant", version, folder: "" });
  const withdrew = () => said("operator.withdrew", { ...by(), model: "ant" });
  const rolledBack = { type: "adapter.withdrawn", model: "ant", cause: "rolled back by ada" };

  test("rolling back restores the version before, once", () => {
    const begun = trainer([publishedAs(1), publishedAs(2)]);
    const back = begun.send(withdrew());
    expect(back.last).toEqual([{ ...rolledBack, version: 2, restored: 1 }]);
    const done = back.send(...back.last.map(heard));
    expect([done.last, done.state.context.buffer.orders]).toEqual([[], {}]);
    expect(done.send(withdrew()).last).toEqual([{ ...rolledBack, version: 1, restored: 0 }]);
  });

  test("rolling back is carried out after a kill in between", () => {
    expect(trainer([publishedAs(1), withdrew()]).last).toEqual([{ ...rolledBack, version: 1, restored: 0 }]);
  });

  test("rolling back base weights does nothing", () => {
    expect(trainer([]).send(withdrew()).drafts).toEqual([]);
  });

  test("a refusal reaches the job that a restart begins again", () => {
    const refused = said("operator.rejected", { ...by(), model: "ant" });
    const begun = trainer([requested, refused]);
    const job = begun.state.children["job 1"]?.getSnapshot() as { readonly context: { refusedBy?: string } };
    expect(job.context.refusedBy).toBe("ada");
    const ended = said("adapter.rejected", { job: "ant@v1", model: "ant", version: 1, cause: "" });
    expect(begun.send(ended).state.context.buffer.orders).toEqual({});
  });

  test("switching lora off lets the buffer fill without jobs", () => {
    const opened = said("round.opened", {
      ...{ round: 0, attempt: 0, generator: "ant", difficulty: 1, count: 2, strategy: "explore" as const },
      components: { lora: false },
    });
    const full = [settledOf("a", ["ant"]), settledOf("b", ["ant"])];
    expect(trainer([]).send(...joined, opened, ...full).drafts).toEqual([]);
    const { components: _off, ...on } = opened;
    const again = trainer([]).send(...joined, opened, ...full, on, settledOf("c", ["ant"]));
    expect(again.last.map(({ type }) => type)).toContain("training.requested");
  });
});

describe("refusing an adapter", () => {
  const orphan = jobMachine.provide({ actions: { reportEnd: () => {}, tell: () => {} } });
  const order = said("training.requested", {
    ...{ job: "ant@v1", model: "ant", generation: 1, previous: 0, version: 1, samples: ["q/ant"] },
  });
  const begin = (more: object = {}) =>
    drive(orphan, { settings, requested: order, examples: [], round: 0, epoch: 0, ...more });
  const refused = (model = "ant") => said("operator.rejected", { ...by(), model });
  const training = begin().send(doneOf("lease", { slot: 0 }));
  const made = doneOf("train", { folder: "f", loss: 0 });
  const loading = training.send(made);
  const gating = loading.send(doneOf("load"));
  const retrying = training.send(failedOf("train", "crash"));
  const outcome = {
    type: "adapter.rejected",
    job: "ant@v1",
    model: "ant",
    version: 1,
    cause: "rejected by ada",
  };

  test.each([
    ["queued", begin()],
    ["training", training],
    ["waiting to try again", retrying],
    ["loading", loading],
    ["at the gate", gating],
    ["at the gate, after a missed reading", gating.send(after("patience", "job.gating.measuring"))],
  ])("%s ends as rejected", (_, job) => {
    const done = job.send(refused());
    expect([done.state.value, done.last.at(-1)]).toEqual(["rejected", outcome]);
  });

  test("of another model changes nothing, nor does it once the adapter is being published", () => {
    expect(training.send(refused("bee")).state.value).toEqual(training.state.value);
    const ungated = begin({ settings: { ...settings, gate: false } });
    const publishing = ungated.send(doneOf("lease", { slot: 0 }), made, doneOf("load"));
    expect(publishing.send(refused()).state.value).toBe("publishing");
  });

  test("wakes the servers first where they sleep", () => {
    const draining = begin().send(doneOf("lease", { slot: 0, shared: true }));
    const sleeping = draining.send(doneOf("drain"));
    const shared = sleeping.send(doneOf("sleep"));
    const waking = shared.send(made);
    for (const job of [draining, sleeping, shared, waking]) {
      const woken = job.send(refused());
      expect(woken.state.value).toBe("waking");
      const done = woken.send(doneOf("wake"));
      expect([done.state.value, done.last.at(-1)]).toEqual(["rejected", outcome]);
    }
  });
});
