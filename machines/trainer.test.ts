import { describe, expect, test } from "vitest";
import { createActor, fromPromise } from "xstate";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import { type JobInput, jobMachine, type Lease, type Trained } from "./job.ts";
import { type Driven, drive, heard, said, settings, settledOf, typesOf } from "./machines.fixture.ts";
import type { Settings } from "./settings.ts";
import { trainerMachine } from "./trainer.ts";

type Trainer = Driven<typeof trainerMachine>;
const joined = (agent: string, member = true): Message =>
  said("agent.joined", { agent, kind: "model", machine: {}, member });
const group = [joined("ant"), joined("bee"), joined("anchor", false)];
const start = (more: Partial<Settings> = {}, records: readonly Message[] = []): Trainer =>
  drive(trainerMachine, { settings: { ...settings, ...more }, records }).send(...group);

const settled = (question: string): Message => settledOf(question, ["ant"]);
/** A settled question with a verdict and an explanation, and without admissions. */
const judged = (question: string): Message => {
  const message = settledOf(question, ["ant"], { admissions: [] });
  const solutionId = `${question}/ant`;
  const verdict = { solutionId, verifier: "bee", adapter: 0, verdict: "accept" as const, text: "it holds" };
  const explanation = { solutionId, author: "ant", adapter: 0, text: "by head" };
  return { ...message, dossier: { ...message.dossier, verdicts: [verdict], explanation } };
};
const full = (trainer: Trainer, from = 0): Trainer =>
  trainer.send(settled(`q${from}`), settled(`q${from + 1}`));
const echoed = (trainer: Trainer): Trainer => trainer.send(...trainer.last.map(heard));
const requests = ({ last }: Trainer): MessageOf<"training.requested">[] =>
  last.filter((draft) => draft.type === "training.requested") as MessageOf<"training.requested">[];

const ids = (version: number, model = "ant") => ({ job: `${model}@v${version}`, model, version });
const published = (version: number, model = "ant"): Message =>
  said("adapter.published", { ...ids(version, model), folder: "", before: 0, after: 0, loss: 0 });
const rejected = (version: number, model = "ant"): Message =>
  said("adapter.rejected", { ...ids(version, model), before: 0.5, after: 0.1, cause: "worse" });
const failed = (version: number, model = "ant"): Message =>
  said("training.failed", { ...ids(version, model), cause: "crashed" });
const ended = (version: number, model = "ant") =>
  ({ type: "job.ended", job: `${model}@v${version}` }) as const;
const measured = (
  adapter: number,
  correct: number,
  purpose: "baseline" | "anchor" | "gate" = "anchor",
): Message =>
  said("anchor.measured", {
    ...{ request: `${purpose}:${adapter}`, round: 0, model: "ant", adapter, purpose },
    zeroShot: { correct, total: 100 },
    eliteShot: { correct, total: 100 },
  });

describe("a full buffer", () => {
  test("requests one job per member, all on the same samples", () => {
    const asked = full(start());
    expect(
      requests(asked).map(({ job, previous, generation, samples }) => [job, previous, generation, samples]),
    ).toEqual([
      ["ant@v1", 0, 1, ["q0/ant", "q1/ant"]],
      ["bee@v1", 0, 1, ["q0/ant", "q1/ant"]],
    ]);
    expect(start().send(settled("q0")).drafts).toEqual([]);
  });

  test("requests no job for a member whose endpoint takes no adapters", () => {
    const untrained = ["ant"];
    const trainer = drive(trainerMachine, { settings, records: [], untrained }).send(...group);
    expect(requests(full(trainer)).map(({ job }) => job)).toEqual(["bee@v1"]);
  });

  test("adds texts of the other roles, the same in every job", () => {
    const rehearsing = full(start({ rehearsalShare: 0.5 }, [judged("q8"), judged("q9")]), 2);
    expect(requests(rehearsing).map(({ samples, rehearsal }) => [samples.length, rehearsal])).toEqual([
      [2, ["verdict:q9/ant:bee", "explanation:q9"]],
      [2, ["verdict:q9/ant:bee", "explanation:q9"]],
    ]);
    expect(requests(full(start({}, [judged("q9")]), 2)).map(({ rehearsal }) => rehearsal)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("is used once: nothing is requested again before or after the requests are recorded", () => {
    const asked = full(start());
    expect(asked.send(settled("q2")).last).toEqual([]);
    const begun = echoed(asked);
    expect(begun.state.value).toBe("training");
    expect(begun.state.context.buffer.waiting).toEqual([]);
    expect(Object.keys(begun.state.children)).toEqual(["job 1", "job 2"]);
    expect(full(begun, 2).last).toEqual([]);
  });

  test("is used as soon as the last job of the generation has ended", () => {
    const begun = full(echoed(full(start())), 2);
    const half = begun.send(published(1), ended(1));
    expect(half.last).toEqual([]);
    const next = half.send(rejected(1, "bee"));
    expect(requests(next).map(({ job, previous, generation }) => [job, previous, generation])).toEqual([
      ["ant@v2", 1, 2],
      ["bee@v2", 0, 2],
    ]);
  });

  test("uses the newest samples; older ones beyond the threshold wait", () => {
    const begun = full(full(echoed(full(start())), 2), 4);
    const next = begun.send(published(1), ended(1), published(1, "bee"));
    expect(requests(next).map(({ samples }) => samples)).toEqual([
      ["q4/ant", "q5/ant"],
      ["q4/ant", "q5/ant"],
    ]);
    const spent = echoed(next);
    expect(spent.state.context.buffer.waiting).toMatchObject([
      { solutionId: "q2/ant" },
      { solutionId: "q3/ant" },
    ]);
  });

  test("with trainOn own samples of a member that gets no job do not fill the buffer", () => {
    const own = { ...settings, trainOn: "own" as const, bufferThreshold: 2 };
    const input = { settings: own, records: [], untrained: ["bee"] };
    const bees = ["q0", "q1", "q2"].map((question) => settledOf(question, ["bee"]));
    const half = drive(trainerMachine, input).send(...group, ...bees, settled("q3"));
    expect(half.drafts).toEqual([]);
    const whole = half.send(settledOf("q4", ["bee"]), settled("q5"));
    expect(requests(whole).map(({ model, samples }) => [model, samples])).toEqual([
      ["ant", ["q3/ant", "q5/ant"]],
    ]);
  });

  test("with trainOn own each job uses the samples that its model wrote; a model without any gets none", () => {
    const both = start({ trainOn: "own" }).send(settledOf("q0", ["ant", "bee"]));
    expect(requests(both).map(({ model, samples }) => [model, samples])).toEqual([
      ["ant", ["q0/ant"]],
      ["bee", ["q0/bee"]],
    ]);
    expect(requests(full(start({ trainOn: "own" }))).map(({ model }) => model)).toEqual(["ant"]);
  });

  test("with loraSamples all a job trains on the samples of earlier jobs too, where it has a new one", () => {
    const first = echoed(start({ loraSamples: "all", trainOn: "own" }).send(settledOf("q0", ["ant", "bee"])));
    const next = first.send(published(1), ended(1), published(1, "bee"), settledOf("q1", ["ant"]));
    const onlyAnt = next.send(settledOf("q2", ["ant"]));
    expect(requests(onlyAnt).map(({ model, samples }) => [model, samples])).toEqual([
      ["ant", ["q0/ant", "q1/ant", "q2/ant"]],
    ]);
  });

  test("with trainAfter round is used when the last question of the round has its outcome", () => {
    const voided = said("question.voided", {
      ...{ question: "q2", round: 0, author: "ant", adapter: 0, text: "", reason: "malformed" },
    });
    const opened = said("round.opened", {
      ...{ round: 0, attempt: 0, generator: "ant", difficulty: 1, count: 4, strategy: "explore" as const },
    });
    const most = start({ trainAfter: "round" }).send(
      ...[opened, settled("q0"), settled("q1"), settledOf("q3", ["bee"])],
    );
    expect(most.drafts).toEqual([]);
    const asked = most.send(voided);
    expect(requests(asked).map(({ samples }) => samples)).toEqual([
      ["q0/ant", "q1/ant", "q3/bee"],
      ["q0/ant", "q1/ant", "q3/bee"],
    ]);
    const barren = echoed(asked).send(published(1), published(1, "bee"), { ...opened, round: 1, count: 1 });
    expect(requests(barren.send(voided))).toEqual([]);
  });

  test("with trainAfter round a late question of the round before is none of this one's", () => {
    const opened = (round: number): Message =>
      said("round.opened", {
        ...{ round, attempt: 0, generator: "ant", difficulty: 1, count: 2, strategy: "explore" as const },
      });
    const inRound = (question: string, round: number): Message => {
      const message = settledOf(question, ["ant"]);
      return { ...message, dossier: { ...message.dossier, round } };
    };
    const late = start({ trainAfter: "round" }).send(
      ...[opened(0), inRound("q0", 0), opened(1), inRound("q1", 0), inRound("q2", 1)],
    );
    expect(late.drafts).toEqual([]);
    const [asked] = requests(late.send(inRound("q3", 1)));
    expect(asked?.samples).toEqual(["q0/ant", "q1/ant", "q2/ant", "q3/ant"]);
  });

  test("requests nothing without lora, or after enough updates", () => {
    expect(full(start({ lora: false })).drafts).toEqual([]);
    const one = full(echoed(full(start({ updates: 1 }))), 2);
    expect(one.send(published(1), published(1, "bee")).last).toEqual([]);
  });

  test("trains present members only", () => {
    const left = start().send(said("agent.left", { agent: "bee", reason: "gone" }));
    expect(requests(full(left)).map(({ model }) => model)).toEqual(["ant"]);
  });
});

describe("failures", () => {
  test("a model whose jobs keep failing continues untrained, the others are trained", () => {
    const generations = [1, 2].reduce((trainer, version) => {
      const begun = echoed(full(trainer, 10 * version));
      return begun.send(failed(version), ended(version), published(version, "bee"), ended(version, "bee"));
    }, start());
    expect(requests(full(generations, 90)).map(({ model }) => model)).toEqual(["bee"]);
  });

  test("a model that continues untrained is reported once, with the last cause", () => {
    const once = echoed(full(start())).send(failed(1));
    expect(typesOf(once.last)).not.toContain("agent.failed");
    const begun = echoed(full(once.send(ended(1), published(1, "bee"), ended(1, "bee")), 10));
    expect(begun.send(failed(2)).last).toEqual([
      {
        ...{ type: "agent.failed", agent: "ant", where: "training" },
        cause: "2 jobs in a row failed, so it continues without training; the last cause: crashed",
      },
    ]);
  });

  test("a job continues from weights that the gate could not measure, and compares with those in use", () => {
    const blind = said("training.failed", { ...ids(1), cause: "no reading", folder: "/adapters/ant@v1" });
    const begun = echoed(full(start())).send(blind, ended(1), published(1, "bee"), ended(1, "bee"));
    const [ant, bee] = requests(full(begun, 10));
    expect(ant).toMatchObject({ job: "ant@v2", previous: 1, against: 0 });
    expect(bee).toMatchObject({ job: "bee@v2", previous: 1 });
    expect(bee).not.toHaveProperty("against");
    const second = echoed(full(begun, 10)).send(rejected(2), ended(2), rejected(2, "bee"), ended(2, "bee"));
    expect(requests(full(second, 20))[0]).toMatchObject({ job: "ant@v3", previous: 0 });
  });

  test("a success resets the count of failures", () => {
    const once = echoed(full(start())).send(failed(1), ended(1), failed(1, "bee"), ended(1, "bee"));
    const twice = echoed(full(once, 10)).send(published(2), ended(2), failed(2, "bee"), ended(2, "bee"));
    expect(requests(full(twice, 20)).map(({ model }) => model)).toEqual(["ant"]);
  });

  test("when all models keep failing, the run continues without training", () => {
    const given = start({ jobAttempts: 1 });
    const begun = echoed(full(given)).send(failed(1), ended(1), failed(1, "bee"), ended(1, "bee"));
    const later = full(begun, 10);
    expect(later.last).toEqual([]);
    expect(later.state.value).toBe("collecting");
    expect(later.state.context.buffer.waiting).toHaveLength(2);
  });
});

describe("withdrawal", () => {
  const begun = echoed(full(start())).send(measured(0, 50, "baseline"), published(1), ended(1));

  test("withdraws an adapter whose reading is worse than that of the weights it replaced", () => {
    const worse = begun.send(measured(1, 30));
    expect(worse.last).toEqual([
      {
        type: "adapter.withdrawn",
        ...{ model: "ant", version: 1, restored: 0 },
        cause: expect.stringMatching(/^zeroShot accuracy fell from 50\.0 to 30\.0 points \(/),
      },
    ]);
    expect(echoed(worse).state.context.buffer.weights).toEqual({ ant: 0 });
  });

  test("never withdraws for a loss that chance explains, a candidate at the gate, or the base model", () => {
    for (const reading of [measured(1, 40), measured(1, 10, "gate"), measured(0, 10), measured(2, 10)]) {
      expect(typesOf(begun.send(reading).last)).not.toContain("adapter.withdrawn");
    }
  });

  test("pairs readings of the same problems from any time", () => {
    const marked = (adapter: number, purpose: "baseline" | "anchor", marks: string): Message => {
      const figures = { correct: marks.replaceAll("0", "").length, total: marks.length, marks };
      const reading = measured(adapter, 0, purpose) as MessageOf<"anchor.measured">;
      return { ...reading, zeroShot: figures, eliteShot: figures };
    };
    const half = "10".repeat(20);
    const paired = echoed(full(start())).send(marked(0, "baseline", half), published(1), ended(1));
    expect(paired.send(marked(1, "anchor", `0000000000${half.slice(10)}`)).last).toMatchObject([
      {
        type: "adapter.withdrawn",
        cause: expect.stringContaining("5 problems lost, 0 won, sign test p = 0.031"),
      },
    ]);
    // The same difference, and one problem won for each two lost.
    expect(
      paired.send(marked(1, "anchor", `00000000000101010101${"0".repeat(4)}${half.slice(24)}`)).last,
    ).toEqual([]);
  });

  test("restores the newest weights with a reading", () => {
    const unmeasured = echoed(full(begun.send(failed(1, "bee"), ended(1, "bee")), 10));
    const worse = unmeasured.send(published(2), ended(2), measured(2, 20));
    expect(worse.last).toMatchObject([{ type: "adapter.withdrawn", version: 2, restored: 0 }]);
  });

  test("compares zero-shot only, because the elite examples have changed", () => {
    const reading = measured(1, 60) as MessageOf<"anchor.measured">;
    const worse = begun.send({ ...reading, eliteShot: { correct: 0, total: 100 } });
    expect(worse.last).toEqual([]);
  });

  test("gives new weights a new version and continues from the restored one", () => {
    const restored = echoed(begun.send(measured(1, 30))).send(failed(1, "bee"), ended(1, "bee"));
    const [next] = requests(full(restored, 10));
    expect(next).toMatchObject({ job: "ant@v2", previous: 0, version: 2 });
  });
});

describe("resuming", () => {
  const lived = echoed(full(start()));
  const records = [settled("q0"), settled("q1"), ...lived.drafts.map(heard)];

  test("starts the jobs without an outcome, each once", () => {
    const resumed = start({}, [...records, published(1)]);
    expect(Object.keys(resumed.state.children)).toEqual(["job 1"]);
    expect(resumed.state.value).toBe("training");
    expect(resumed.drafts).toEqual([]);
    const snapshot = resumed.state.children["job 1"]?.getSnapshot();
    const context = (snapshot as { context?: JobInput } | undefined)?.context;
    expect(context?.requested.job).toBe("bee@v1");
    expect(context?.examples).toHaveLength(2);
    expect(context?.epoch).toBe(records.length + 1);
  });

  test("trains on the texts that the request names, even if newer ones have arrived", () => {
    const more = { rehearsalShare: 0.5 };
    const asked = full(start(more, [judged("q8"), judged("q9")]), 2);
    const journal = [judged("q8"), judged("q9"), settled("q2"), settled("q3"), ...asked.last.map(heard)];
    const live = echoed(asked).send(judged("q7"));
    const resumed = start(more, [...journal, judged("q7"), published(1, "bee")]);
    const examples = ({ state }: Trainer) => {
      const snapshot = state.children["job 1"]?.getSnapshot();
      return (snapshot as { context?: JobInput } | undefined)?.context?.examples ?? [];
    };
    expect(examples(resumed).map(({ role, question }) => `${role} ${question}`)).toEqual([
      ...["solver q2", "solver q3", "verifier q9", "explainer q9"],
    ]);
    expect(examples(resumed)).toEqual(examples(live));
    const { rehearsed } = resumed.send(published(1)).state.context.buffer;
    expect(rehearsed).toEqual({});
  });

  test("rests if there is nothing to do", () => {
    expect(start().state.value).toBe("collecting");
    expect(start({}, [...records, published(1), published(1, "bee")]).state.value).toBe("collecting");
  });
});

test("children get their messages, and are removed when they have ended", async () => {
  const trainings: string[] = [];
  const drafts: Draft[] = [];
  const job = jobMachine.provide({
    actors: {
      lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(async () => ({ slot: 0 })),
      train: fromPromise<Trained, JobInput & { readonly slot: number }>(async ({ input: { requested } }) => {
        trainings.push(requested.job);
        return { folder: "", loss: 0 };
      }),
    },
  });
  const machine = trainerMachine.provide({ actors: { job } });
  const errors: unknown[] = [];
  const actor = createActor(machine, { input: { settings, records: [] } });
  actor.subscribe({ error: (cause) => errors.push(cause) });
  actor.on("*", (draft) => void drafts.push(draft));
  actor.start();
  const figures = { zeroShot: { correct: 1, total: 2 }, eliteShot: { correct: 1, total: 2 } };
  /** A draft as it comes back recorded; the anchor answers immediately. */
  const answerTo = (draft: Draft): Message => {
    if (draft.type !== "anchor.requested") return heard(draft);
    const { against: adapter = 0, ...asked } = draft;
    return heard({ ...asked, type: "anchor.measured", ...figures, against: { adapter, ...figures } });
  };
  const settle = async () => {
    while (drafts.length > 0) {
      for (const draft of drafts.splice(0)) actor.send(answerTo(draft));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for (const message of [...group, settled("q0"), settled("q1")]) actor.send(message);
  await settle();
  expect(trainings).toEqual(["ant@v1", "bee@v1"]);
  expect(errors).toEqual([]);
  expect(actor.getSnapshot().value).toBe("collecting");
  expect(actor.getSnapshot().children).toEqual({});
  expect(actor.getSnapshot().context.buffer.weights).toEqual({ ant: 1, bee: 1 });
  actor.stop();
});
