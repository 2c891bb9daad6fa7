import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActor, SimulatedClock } from "xstate";
import {
  type Draft,
  durableKey,
  type Message,
  type MessageOf,
  type MessageType,
} from "../runtime/messages.ts";
import {
  after,
  type Driven,
  drive,
  group,
  heard,
  said,
  settings,
  settledOf,
  typesOf,
} from "./machines.fixture.ts";
import type { Settings } from "./settings.ts";
import { supervisorMachine } from "./supervisor.ts";
import { desertion } from "./supervisor-facts.ts";

type Supervisor = Driven<typeof supervisorMachine>;

const start = (more: Partial<Settings> = {}, records: readonly Message[] = []): Supervisor =>
  drive(supervisorMachine, { settings: { ...settings, ...more }, records, expected: group });

const joined = (agent: string, member = true): Message =>
  said("agent.joined", { agent, kind: "model", machine: {}, member });
const left = (agent: string): Message => said("agent.left", { agent, reason: "gone" });
const gathered = (more: Partial<Settings> = {}, records: readonly Message[] = []): Supervisor =>
  start(more, records).send(...group.map((agent) => joined(agent)));

const fleeting = new Set(["anchor.requested", "play.ended"]);
/** The trainer has no job under way. */
const answered = (supervisor: Supervisor): Supervisor =>
  supervisor.send(said("training.closed", { epoch: supervisor.state.context.epoch }));
/** Answered if that was the last step of play. */
const drained = (supervisor: Supervisor): Supervisor =>
  supervisor.state.value === "draining" && supervisor.state.context.society.jobs.length === 0
    ? answered(supervisor)
    : supervisor;
/** The drafts of the last step come back recorded, and those of the steps that follow. */
const echoed = (supervisor: Supervisor, ...types: readonly MessageType[]): Supervisor => {
  const back = supervisor.last.filter(
    ({ type }) => !fleeting.has(type) && (types.length === 0 || types.includes(type)),
  );
  return drained(back.reduce((before, draft) => before.send(heard(draft)), supervisor));
};

const opening = ({ drafts }: Supervisor): MessageOf<"round.opened"> =>
  drafts.findLast((draft) => draft.type === "round.opened") as MessageOf<"round.opened">;
const closing = ({ drafts }: Supervisor): MessageOf<"round.closed"> =>
  drafts.findLast((draft) => draft.type === "round.closed") as MessageOf<"round.closed">;

const settled = (question: string, round = 0, verified = true): Message => {
  const message = settledOf(question, ["ant"]);
  const dossier = { ...message.dossier, round, verified: verified ? message.dossier.verified : [] };
  return { ...message, dossier };
};
const voided = (question: string, round = 0): Message =>
  said("question.voided", { question, round, author: "ant", adapter: 0, text: "", reason: "malformed" });
const measured = (
  request: string,
  correct: number,
  more: Partial<MessageOf<"anchor.measured">> = {},
): Message =>
  said("anchor.measured", {
    ...{ request, round: 0, model: "ant", adapter: 0, purpose: "anchor" as const },
    zeroShot: { correct, total: 100 },
    eliteShot: { correct, total: 100 },
    ...more,
  });
const requested = (job: string, generation = 1): Message =>
  said("training.requested", { job, model: "ant", generation, previous: 0, version: 1, samples: [] });
const failed = (job: string): Message =>
  said("training.failed", { job, model: "ant", version: 1, cause: "crashed" });

/** Why the run has ended early. */
const desertedIn = ({ state }: Supervisor): string => {
  expect(state.value).toBe("deserted");
  return desertion(state.context).problem;
};
const deadline = (path: string, delay = "deadline") => after(delay, `supervisor.${path}`);
/** From an opened round to the next decision. */
const played = (supervisor: Supervisor, ...questions: Message[]): Supervisor =>
  echoed(echoed(supervisor).send(...questions), "strategy.changed", "round.closed");
const requests = ({ drafts }: Supervisor): MessageOf<"anchor.requested">[] =>
  drafts.filter(
    (draft): draft is Extract<Draft, { type: "anchor.requested" }> => draft.type === "anchor.requested",
  ) as MessageOf<"anchor.requested">[];

describe("gathering", () => {
  test("waits for all expected agents", () => {
    const most = start().send(joined("ant"), joined("bee"));
    expect(most.state.value).toBe("gathering");
    expect(most.send(joined("dog")).state.value).toBe("gathering");
    expect(most.send(joined("cat")).state.value).toBe("opening");
  });

  test("does not wait for agents that left, nor beyond the deadline", () => {
    const most = start().send(joined("ant"), joined("bee"));
    expect(most.send(left("cat")).state.value).toBe("opening");
    expect(most.send(deadline("gathering")).state.value).toBe("opening");
  });

  test("ends early if too few agents join, unless a goal is reached", () => {
    const alone = (more: Partial<Settings>) => start(more).send(joined("ant"), deadline("gathering"));
    expect(desertedIn(alone({}))).toBe(
      "only 1 of 3 members answer: bee: has not joined; cat: has not joined",
    );
    const over = drained(alone({ tokens: 0, externalAnchor: false }));
    expect(over.last).toEqual([{ type: "run.finished", rounds: 0, reason: "0 tokens spent" }]);
  });

  test("of a finished run ends immediately", () => {
    const again = start({}, [said("run.finished", { rounds: 3, reason: "3 rounds played" })]);
    expect(again.state.status).toBe("done");
    expect(again.drafts).toEqual([]);
  });
});

describe("a group of one", () => {
  const alone = (more: Partial<Settings> = {}) =>
    drive(supervisorMachine, { settings: { ...settings, ...more }, records: [], expected: ["ant"] });

  test("plays, and says what cannot act", () => {
    const begun = alone().send(joined("ant"));
    expect(opening(begun).generator).toBe("ant");
    expect(begun.drafts).toContainEqual(
      expect.objectContaining({
        ...{ type: "agent.failed", agent: "supervisor", where: "a group of one" },
        cause: expect.stringMatching(/^ant has no peers: .* no solution is verified/),
      }),
    );
    expect(typesOf(gathered().drafts)).not.toContain("agent.failed");
    const unexamined = alone({ validVote: false }).send(joined("ant")).drafts;
    expect(JSON.stringify(unexamined)).toContain("every solution counts unexamined");
  });

  test("lacks nothing under an agent that poses, and ends early when its member leaves", () => {
    const led = alone().send({ ...joined("tutor", false), poses: true } as Message, joined("ant"));
    expect(typesOf(led.drafts)).not.toContain("agent.failed");
    expect(desertedIn(echoed(led).send(left("ant")))).toBe("only 0 of 1 member answers: ant: gone");
  });
});

describe("an agent that poses", () => {
  const tutor = { ...joined("tutor", false), poses: true } as Message;

  test("that joins again and does not pose any more generates no round", () => {
    const led = start().send(tutor, joined("tutor", false), ...group.map((agent) => joined(agent)));
    expect(group).toContain(opening(led).generator);
  });

  test("generates every round in the members' place, until it leaves", () => {
    const led = start().send(tutor, ...group.map((agent) => joined(agent)));
    expect(opening(led).generator).toBe("tutor");
    const orphaned = played(echoed(led).send(left("tutor")), settled("a"), settled("b"));
    expect(group).toContain(opening(orphaned).generator);
  });
});

describe("with trainAfter round", () => {
  const ends = [settled("a"), settled("b")];
  const trained = (more: Partial<Settings> = {}) => {
    const closed = echoed(gathered({ trainAfter: "round", ...more })).send(...ends, requested("ant@v1"));
    return closed.send(heard(closing(closed) as Draft));
  };

  test("the next round opens when the jobs of the one before have ended", () => {
    const waiting = trained();
    expect(waiting.state.value).toBe("learning");
    expect(opening(waiting).round).toBe(0);
    expect(opening(waiting.send(failed("ant@v1"))).round).toBe(1);
  });

  test("the run ends early when too few members are left for the next round", () => {
    expect(desertedIn(trained().send(left("ant"), left("bee")))).toContain("only 1 of 3 members");
  });

  test("the run ends after the jobs of its last round", () => {
    const last = trained({ rounds: 1 });
    expect(last.state.value).toBe("draining");
    expect(drained(last.send(failed("ant@v1"))).state.value).toBe("measuring");
  });

  test("a round without jobs is followed at once", () => {
    expect(opening(played(gathered({ trainAfter: "round" }), ...ends)).round).toBe(1);
  });
});

describe("a round", () => {
  const opened = gathered();

  test("has a generator of the group, a difficulty and a number of questions", () => {
    expect(opening(opened)).toMatchObject({
      round: 0,
      attempt: 0,
      difficulty: 2,
      count: 2,
      strategy: "explore",
    });
    expect(group).toContain(opening(opened).generator);
  });

  test("draws generators uniformly, or always names the first without randomQGen", () => {
    const generators = (more: Partial<Settings>) =>
      Array.from({ length: 40 }, (_, seed) => opening(gathered({ ...more, seed })).generator);
    expect(new Set(generators({}))).toEqual(new Set(group));
    expect(new Set(generators({ randomQGen: false }))).toEqual(new Set(["ant"]));
  });

  test("starts once it has been recorded", () => {
    expect(opened.state.value).toBe("opening");
    expect(echoed(opened).state.value).toBe("playing");
  });

  test("closes when each of its questions has an outcome", () => {
    const half = echoed(opened).send(settled("a"));
    expect(half.state.value).toBe("playing");
    const whole = half.send(voided("b"));
    expect(whole.state.value).toBe("closing");
    expect(closing(whole)).toMatchObject({ round: 0, settled: 1, voided: 1, solutions: 1, verified: 1 });
    expect(closing(whole).passRate).toBeCloseTo(1 / 3);
    expect(closing(whole).nextDifficulty).toBeCloseTo(2 + 0.05 * (1 / 3 - 0.5));
  });

  test("is followed by the next one once it has been recorded", () => {
    const next = played(opened, settled("a"), settled("b"));
    expect(next.state.value).toBe("opening");
    expect(opening(next)).toMatchObject({ round: 1, attempt: 0 });
    expect(opening(next).difficulty).toBe(closing(next).nextDifficulty);
  });

  test("closes at its deadline with the outcomes so far", () => {
    const late = echoed(opened).send(settled("a"), deadline("playing", "roundDeadline"));
    expect(late.state.value).toBe("closing");
    expect(closing(late)).toMatchObject({ settled: 1, voided: 0 });
    const other = echoed(late).send(settled("b"));
    expect(other.state.context.society.rounds).toEqual([]);
  });

  test("without a settled question gives no V", () => {
    const nothing = played(opened, voided("a"), voided("b"));
    expect(closing(nothing)).toMatchObject({ passRate: 0, nextDifficulty: 2, surprise: 0 });
    expect(nothing.state.context.society).toMatchObject({ outcomes: [], difficulty: 2, target: 0.5 });
    expect(opening(nothing).round).toBe(1);
  });

  test("is requested again if the request or its close is lost", () => {
    const again = opened.send(deadline("opening"));
    expect(again.state.value).toBe("opening");
    expect(again.last).toEqual([opened.last.at(-1)]);
    const closed = echoed(opened).send(settled("a"), settled("b"));
    const repeated = closed.send(deadline("closing"));
    expect(repeated.state.value).toBe("closing");
    expect(repeated.last).toEqual(closed.last);
  });

  test("ends early when too few members are left, with the cause of each", () => {
    const leave = [joined("bee"), left("bee"), joined("bee"), left("ant"), left("bee")];
    const causes = "only 1 of 3 members answer: ant: gone; bee: gone";
    for (const at of [opened, echoed(opened)]) expect(desertedIn(at.send(...leave))).toBe(causes);
  });
});

describe("absent members", () => {
  const lapsed = (agent: string): Message =>
    said("agent.lapsed", { agent, failures: 3, cause: "model down" });
  const recovered = (agent: string): Message => said("agent.recovered", { agent });
  const unanchored = { externalAnchor: false, randomQGen: false } as const;

  test("pose no questions, and are not measured", () => {
    const first = gathered(unanchored);
    expect(opening(first).generator).toBe("ant");
    const next = played(first, lapsed("ant"), settled("a"), settled("b"));
    expect(opening(next).generator).toBe("bee");
    const back = played(next, recovered("ant"), settled("c", 1), settled("d", 1));
    expect(opening(back)).toMatchObject({ round: 2, generator: "ant" });
    const anchored = gathered({ anchorEvery: 1 });
    const measuring = played(anchored, lapsed("bee"), settled("a"), settled("b"));
    const asked = requests(measuring).filter(({ purpose }) => purpose === "anchor");
    expect(asked.map(({ model }) => model)).toEqual(["ant", "cat"]);
  });

  test("are waited for if too few members are present", () => {
    const gone = played(gathered(unanchored), lapsed("ant"), lapsed("bee"), settled("a"), settled("b"));
    expect(gone.state.value).toBe("recess");
    expect(gone.send(recovered("dog")).state.value).toBe("recess");
    const back = gone.send(recovered("bee"));
    expect(back.state.value).toBe("opening");
    expect(opening(back)).toMatchObject({ round: 1, generator: "bee" });
  });

  test("do not end an open round", () => {
    const playing = echoed(gathered(unanchored)).send(...group.map(lapsed));
    expect(playing.state.value).toBe("playing");
  });

  test("absent members that stay away end the run, with the cause of each", async () => {
    const gone = played(gathered(unanchored), ...group.map(lapsed), settled("a"), settled("b"));
    expect(gone.send(deadline("recess", "roundDeadline")).state.value).toBe("deserted");
    const actor = createActor(supervisorMachine, {
      clock: new SimulatedClock(),
      input: { settings: { ...settings, ...unanchored }, records: [], expected: group },
    });
    const { promise: end, resolve } = Promise.withResolvers<unknown>();
    actor.subscribe({ error: resolve });
    actor.start();
    for (const agent of group) actor.send(joined(agent));
    for (const agent of ["ant", "bee"]) actor.send(lapsed(agent));
    actor.send(heard(opening(gathered(unanchored))));
    actor.send(settled("a"));
    actor.send(settled("b"));
    actor.send(heard(closing(played(gathered(unanchored), settled("a"), settled("b")))));
    expect(actor.getSnapshot().value).toBe("recess");
    (actor.clock as SimulatedClock).increment(6 * 60_000);
    expect(await end).toMatchObject({
      code: "AGORA_STUCK",
      problem: "only 1 of 3 members answer: ant: model down; bee: model down",
      expected: "at least 2 that answer",
    });
  });

  test("absent members that leave do not come back", () => {
    const gone = played(gathered(unanchored), lapsed("ant"), lapsed("bee"), settled("a"), settled("b"));
    expect(gone.send(left("ant")).state.value).toBe("recess");
    expect(desertedIn(gone.send(left("ant"), left("bee")))).toBe(
      "only 1 of 3 members answer: ant: gone; bee: gone",
    );
  });
});

describe("switching strategy", () => {
  const plateau = { plateauWindow: 2, externalAnchor: false };
  const first = played(gathered(plateau), settled("a"), settled("b"));
  const second = echoed(first).send(settled("c", 1), settled("d", 1));

  test("is reported with its cause before the round closes", () => {
    expect(typesOf(second.last)).toEqual(["strategy.changed", "round.closed"]);
    expect(second.last[0]).toMatchObject({ round: 1, before: "explore", after: "elite" });
    expect(second.last[0]).toHaveProperty("cause", "no gain of 2.0% in V, or 0.1 in d, over 2 rounds");
  });

  test("applies from the next round on", () => {
    const next = echoed(second, "strategy.changed", "round.closed");
    expect(opening(next)).toMatchObject({ round: 2, strategy: "elite" });
  });

  test("never happens without dynamicStrategy", () => {
    const steady = { ...plateau, dynamicStrategy: false };
    const calm = played(gathered(steady), settled("a"), settled("b"));
    expect(typesOf(echoed(calm).send(settled("c", 1), settled("d", 1)).last)).toEqual(["round.closed"]);
  });
});

describe("the anchor", () => {
  const adapted = (model: string) =>
    said("adapter.published", {
      ...{ job: `${model}@v1`, model, version: 1, folder: "", before: 0, after: 0, loss: 0 },
    });

  test("is asked for a baseline of every member before the first round", () => {
    const asked = requests(gathered());
    expect(asked.map(({ model, purpose, adapter }) => [model, purpose, adapter])).toEqual(
      group.map((model) => [model, "baseline", 0]),
    );
    expect(requests(gathered({ externalAnchor: false }))).toEqual([]);
  });

  test("is asked for baselines once in a run", () => {
    const records = group.map((model) =>
      measured(`baseline:0:${model}:0`, 50, { model, purpose: "baseline" }),
    );
    expect(requests(gathered({}, records))).toEqual([]);
  });

  test("is asked for the baselines that are missing: after a crash, and of a member that joins late", () => {
    const [known, trained] = [measured("baseline:0:ant:0", 50, { purpose: "baseline" }), adapted("bee")];
    const resumed = gathered({ anchorEvery: 1 }, [known, trained]);
    const baselines = (supervisor: Supervisor) =>
      requests(supervisor)
        .filter(({ purpose }) => purpose === "baseline")
        .map(({ model, adapter, round }) => [model, adapter, round]);
    expect(baselines(resumed)).toEqual([
      ["bee", 0, 0],
      ["cat", 0, 0],
    ]);
    // What has been asked and not answered is not asked again; what was missed is.
    const [ofBee = ""] = resumed.state.context.requests;
    const missed = said("anchor.missed", { request: ofBee, model: "bee", cause: "model down" });
    const round = (...before: Message[]) =>
      echoed(echoed(resumed).send(...before, settled("a"), settled("b")), "strategy.changed", "round.closed");
    const next = round(missed, joined("dog"), adapted("dog"));
    expect(baselines(next).slice(2)).toEqual([
      ["bee", 0, 0],
      ["dog", 0, 0],
    ]);
    // The reading of untrained weights is the baseline of a member that has no others.
    const untrained = round(joined("eel"));
    expect(baselines(untrained).slice(2)).toEqual([]);
    expect(requests(untrained).filter(({ model }) => model === "eel")).toMatchObject([{ adapter: 0 }]);
  });

  test("is asked again every n rounds, for the versions in use", () => {
    const published = said("adapter.published", {
      ...{ job: "ant@v1", model: "ant", version: 1, folder: "", before: 0, after: 0, loss: 0 },
    });
    const begun = gathered({ anchorEvery: 1 }).send(published);
    const next = played(begun, settled("a"), settled("b"));
    const anchors = requests(next).filter(({ purpose }) => purpose === "anchor");
    expect(anchors).toEqual([]);
    const due = played(gathered({ anchorEvery: 1 }), settled("a"), settled("b"));
    expect(requests(due).filter(({ purpose }) => purpose === "anchor")).toHaveLength(3);
    const versions = echoed(gathered({ anchorEvery: 1 })).send(published, settled("a"), settled("b"));
    const asked = requests(echoed(versions, "round.closed")).filter(({ purpose }) => purpose === "anchor");
    expect(asked.map(({ model, adapter }) => [model, adapter])).toEqual([
      ["ant", 1],
      ["bee", 0],
      ["cat", 0],
    ]);
  });

  test("does not delay the rounds", () => {
    const due = played(gathered({ anchorEvery: 1 }), settled("a"), settled("b"));
    expect(due.state.value).toBe("opening");
    expect(due.state.context.requests).toHaveLength(6);
  });

  test("recalibrates the difficulty: drift beyond its bound and its noise counts against V", () => {
    const baseline = measured("baseline:0:ant:0", 5000, {
      purpose: "baseline",
      zeroShot: { correct: 5000, total: 10_000 },
    });
    const asked = { rounds: 9, questionsPerRound: 300, driftBound: 0.15 };
    const round = (index: number, verified: boolean) =>
      Array.from({ length: 300 }, (_, question) => settled(`q${index}-${question}`, index, verified));
    const first = played(gathered(asked, [baseline]), ...round(0, false));
    const { passRate, target, difficulty, nextDifficulty } = closing(echoed(first).send(...round(1, true)));
    expect(passRate).toBeCloseTo(1 / 3);
    const undrifted = Math.min(6, difficulty + 0.05 * 300 * (passRate - target));
    expect(nextDifficulty).toBeLessThan(undrifted - 0.5);
  });
});

describe("the end", () => {
  const lastRound = { rounds: 1, externalAnchor: false };
  const over = played(gathered(lastRound), settled("a"), settled("b"));

  test("comes after the last round", () => {
    expect(over.last).toEqual([{ type: "run.finished", rounds: 1, reason: "1 round played" }]);
    expect(over.state.value).toBe("ending");
    expect(echoed(over).state.value).toBe("finished");
  });

  test("is sent again until it is recorded", () => {
    expect(over.send(deadline("ending")).last).toEqual(over.last);
  });

  test("at a goal stays one when members leave afterwards", () => {
    const training = echoed(gathered(lastRound)).send(requested("ant@v1"), settled("a"), settled("b"));
    const waiting = echoed(training, "round.closed").send(left("ant"), left("bee"));
    const done = answered(waiting.send(failed("ant@v1")));
    expect(done.last).toEqual([{ type: "run.finished", rounds: 1, reason: "1 round played" }]);
  });

  test("waits for the requested jobs", () => {
    const training = echoed(gathered(lastRound)).send(requested("ant@v1"), settled("a"), settled("b"));
    const waiting = echoed(training, "round.closed");
    expect(waiting.state.value).toBe("draining");
    const done = waiting.send(failed("ant@v1"));
    expect(done.last).toEqual([{ type: "play.ended", epoch: 0 }]);
    expect(answered(done).state.value).toBe("ending");
  });

  test("waits for the last measurements, but not beyond a deadline", () => {
    const all = { rounds: 1, anchorEvery: 1 };
    const measuring = played(gathered(all), settled("a"), settled("b"));
    expect(measuring.state.value).toBe("measuring");
    const open = measuring.state.context.requests;
    expect(open).toHaveLength(6);
    const [one = "", ...rest] = open;
    const missed = said("anchor.missed", { request: one, model: "ant", cause: "model down" });
    const answered = measuring.send(missed, ...rest.map((request) => measured(request, 50)));
    expect(answered.state.value).toBe("ending");
    expect(measuring.send(deadline("measuring", "roundDeadline")).state.value).toBe("ending");
  });

  test("without training comes after as many samples as those generations would have used", () => {
    const bounded = { updates: 1, lora: false, externalAnchor: false };
    const one = played(gathered(bounded), settled("a"), voided("b"));
    expect(one.state.value).toBe("opening");
    const whole = played(one, settled("c", 1), voided("d", 1));
    expect(whole.last).toEqual([
      { type: "run.finished", rounds: 2, reason: "2 samples found, as many as 1 updates take" },
    ]);
  });

  test("costs that are counted while the run waits for absent members may be the last ones", () => {
    const costs = said("call.metered", {
      ...{ model: "ant", role: "solver", calls: 1, promptTokens: 99, completionTokens: 1 },
      ...{ seconds: 1, outcome: "done" as const },
    });
    const playing = gathered({ tokens: 100, rounds: 50, externalAnchor: false });
    const lapsed = (agent: string) => said("agent.lapsed", { agent, failures: 3, cause: "down" });
    const absent = played(playing, lapsed("ant"), lapsed("bee"), settled("a"), settled("b"));
    expect(absent.state.value).toBe("recess");
    expect(absent.send(costs).state.value).toBe("draining");
  });

  test("comes at the end of the round in which the token budget is spent, also after a restart", () => {
    const bounded = { tokens: 100, rounds: 50, externalAnchor: false };
    const spent = (tokens: number): Message =>
      said("call.metered", {
        ...{ model: "ant", role: "solver", calls: 1, promptTokens: tokens - 1, completionTokens: 1 },
        ...{ seconds: 1, outcome: "done" as const },
      });
    const one = played(gathered(bounded), spent(60), settled("a"), voided("b"));
    expect(one.state.value).toBe("opening");
    const within = echoed(one).send(spent(40), settled("c", 1));
    expect(within.state.value).toBe("playing");
    const whole = echoed(within.send(voided("d", 1)), "round.closed");
    expect(whole.last).toEqual([{ type: "run.finished", rounds: 2, reason: "100 tokens spent" }]);
    const restarted = drained(gathered(bounded, [spent(100)]));
    expect(restarted.last).toEqual([{ type: "run.finished", rounds: 0, reason: "100 tokens spent" }]);
  });

  test("comes after the configured number of generations of adapters", () => {
    const bounded = { updates: 1, externalAnchor: false };
    const one = echoed(gathered(bounded)).send(requested("ant@v1"), requested("bee@v1"), failed("ant@v1"));
    const half = echoed(one.send(settled("a"), settled("b")), "round.closed");
    expect(half.state.value).toBe("opening");
    const whole = echoed(half).send(failed("bee@v1"), settled("c", 1), settled("d", 1));
    expect(echoed(whole, "round.closed").last).toEqual([
      { type: "run.finished", rounds: 2, reason: "1 update made" },
    ]);
  });
});

describe("resuming", () => {
  const records = (...kept: number[]): Message[] => {
    const lived: Message[] = [
      said("round.opened", {
        ...{ round: 0, attempt: 0, generator: "ant", difficulty: 1.5, count: 2, strategy: "explore" },
      }),
      settled("a"),
      settled("b"),
    ];
    return kept.flatMap((index) => lived[index] ?? []);
  };

  test("reopens an unfinished round for the missing questions", () => {
    const half = gathered({}, records(0, 1));
    expect(opening(half)).toMatchObject({ round: 0, attempt: 1, count: 1, difficulty: 1.5 });
    const next = echoed(half).send(settled("c"));
    expect(closing(next)).toMatchObject({ round: 0, settled: 2 });
  });

  test("closes a round whose questions all have outcomes", () => {
    expect(gathered({}, records(0, 1, 2)).state.value).toBe("closing");
  });

  test("opens the next round if the last one is closed", () => {
    const closed = echoed(gathered()).send(settled("a"), settled("b")).last.map(heard);
    const next = gathered({}, [...records(0, 1, 2), ...closed]);
    expect(opening(next)).toMatchObject({ round: 1, attempt: 0 });
  });
});

describe("rounds that overlap", () => {
  const overlapping = { overlap: 0.5, questionsPerRound: 4, rounds: 9, externalAnchor: false } as const;
  const half = echoed(gathered(overlapping)).send(settled("a"), settled("b"));
  const openings = ({ drafts }: Supervisor) => drafts.filter(({ type }) => type === "round.opened");

  test("the next opens once so few questions are under way, and not before", () => {
    const quarter = echoed(gathered(overlapping)).send(settled("a"));
    expect(quarter.state.value).toBe("playing");
    expect(half.state.value).toBe("opening");
    expect(half.last).toMatchObject([{ type: "round.opened", round: 1, attempt: 0, count: 4 }]);
    const both = echoed(half);
    expect(both.state.value).toBe("playing");
    expect(both.state.context.society.rounds.map(({ round }) => round)).toEqual([0, 1]);
  });

  test("two are in play at most", () => {
    const late = echoed(half).send(...["e", "f", "g", "h"].map((question) => settled(question, 1)));
    expect(late.state.value).toBe("playing");
    expect(openings(late)).toHaveLength(2);
  });

  test("close in the order in which they opened, each with its own questions", () => {
    const second = ["e", "f", "g"].map((question) => settled(question, 1, false));
    const waiting = echoed(half).send(settled("c"), ...second, voided("h", 1));
    expect(waiting.state.value).toBe("playing");
    const first = waiting.send(settled("d"));
    expect(closing(first)).toMatchObject({ round: 0, settled: 4, voided: 0, verified: 4 });
    const next = echoed(first);
    expect(next.state.value).toBe("closing");
    expect(closing(next)).toMatchObject({ round: 1, settled: 3, voided: 1, verified: 0 });
    expect(echoed(next).state.value).toBe("opening");
    expect(opening(echoed(next))).toMatchObject({ round: 2 });
  });

  test("open with the difficulty of the rounds that have closed, and say how old that is", () => {
    expect(opening(half).difficulty).toBe(2);
    const first = echoed(half).send(settled("c"), settled("d"));
    expect(closing(first).staleness).toEqual({ rounds: 0, adapters: 0 });
    const after = closing(first).nextDifficulty;
    expect(after).toBeLessThan(2);
    const third = echoed(first).send(settled("e", 1), settled("f", 1));
    expect(opening(third)).toMatchObject({ round: 2, difficulty: after });
    const second = echoed(third).send(settled("g", 1), settled("h", 1));
    expect(closing(second)).toMatchObject({ round: 1, difficulty: 2, staleness: { rounds: 1, adapters: 0 } });
    // Eq. 1 goes on from the newest d, whatever d the round was posed at.
    expect(closing(second).nextDifficulty).toBeLessThan(after);
  });

  test("never open beyond the last round", () => {
    const last = echoed(gathered({ ...overlapping, rounds: 1 })).send(
      settled("a"),
      settled("b"),
      settled("c"),
    );
    expect(openings(last)).toHaveLength(1);
    expect(echoed(last.send(settled("d"))).last).toMatchObject([{ type: "run.finished", rounds: 1 }]);
  });

  test("are played out once the run has what it was to have", () => {
    const bounded = { ...overlapping, updates: 1, lora: false, bufferThreshold: 3 };
    const first = echoed(gathered(bounded)).send(settled("a"), settled("b"));
    const enough = echoed(first).send(settled("c"), settled("d"));
    const playing = echoed(enough);
    expect(playing.state.value).toBe("playing");
    const rest = ["e", "f", "g", "h"].map((question) => settled(question, 1));
    const over = echoed(playing.send(...rest));
    expect(openings(over)).toHaveLength(2);
    expect(over.last).toMatchObject([{ type: "run.finished", rounds: 2 }]);
  });

  test("close at their deadline, the oldest first", () => {
    const late = echoed(half).send(deadline("playing", "roundDeadline"));
    expect(closing(late)).toMatchObject({ round: 0, settled: 2 });
    const other = echoed(late).send(settled("c"));
    expect(other.state.context.society.rounds).toMatchObject([{ round: 1, settled: 0 }]);
  });

  test("are all opened again after a restart, the oldest first, each for what it lacks", () => {
    const records = [...half.drafts.map(heard), settled("a"), settled("b"), settled("e", 1)];
    const first = gathered(overlapping, records);
    expect(first.last).toMatchObject([{ type: "round.opened", round: 0, attempt: 1, count: 2 }]);
    const second = echoed(first);
    expect(second.last).toMatchObject([{ type: "round.opened", round: 1, attempt: 1, count: 3 }]);
    expect(echoed(second).state.value).toBe("playing");
    // Killed between the two, both are opened again: nobody plays the first any more.
    const again = gathered(overlapping, [...records, ...first.last.map(heard)]);
    expect(again.last).toMatchObject([{ type: "round.opened", round: 0, attempt: 2, count: 2 }]);
    expect(echoed(again).last).toMatchObject([{ type: "round.opened", round: 1, attempt: 1, count: 3 }]);
  });

  test("that were played out before a restart are only closed", () => {
    const played = ["e", "f", "g", "h"].map((question) => settled(question, 1));
    const records = [...half.drafts.map(heard), settled("a"), settled("b")];
    const restarted = echoed(gathered(overlapping, [...records, ...played]));
    expect(openings(restarted)).toMatchObject([{ round: 0, attempt: 1, count: 2 }]);
    const first = echoed(restarted.send(settled("c"), settled("d")));
    expect(first.state.value).toBe("closing");
    expect(closing(first)).toMatchObject({ round: 1, settled: 4 });
    expect(opening(echoed(first))).toMatchObject({ round: 2, attempt: 0 });
  });

  /** What a journal holds after steps at random: a question of those under way ends, or the process is killed. */
  const lived = (overlap: number, steps: readonly number[]): readonly Message[] => {
    const written = new Map<string, Message>();
    const asked = new Set<string>();
    const settings = { overlap, questionsPerRound: 3, rounds: 6, externalAnchor: false };
    const write = (supervisor: Supervisor, drafts: readonly Draft[]): Supervisor =>
      drafts.map(heard).reduce((before, message) => {
        if (message.type === "play.ended") {
          const over = answered(before);
          return write(over, over.last);
        }
        const key = durableKey(message) ?? "";
        if (written.has(key)) return before;
        written.set(key, message);
        if (message.type === "round.opened") {
          for (let index = 0; index < message.count; index += 1)
            asked.add(`${message.round} q${message.round}-${message.attempt}.${index}`);
        }
        const next = before.send(message);
        return write(next, next.last);
      }, supervisor);
    const begin = (): Supervisor => {
      asked.clear();
      const supervisor = gathered(settings, [...written.values()]);
      return write(supervisor, supervisor.last);
    };
    const kill = 20;
    let supervisor = begin();
    for (const step of steps) {
      if (supervisor.state.status === "done") break;
      if (step === kill) supervisor = begin();
      else {
        const [round = "", question = ""] = ([...asked][step % asked.size] ?? "").split(" ");
        asked.delete(`${round} ${question}`);
        const end = step % 5 === 0 ? voided(question, Number(round)) : settled(question, Number(round));
        supervisor = write(supervisor, [end]);
      }
    }
    return [...written.values()];
  };

  test("lose no question and count none twice, whatever ends first and whenever the process is killed", () => {
    const steps = fc.array(fc.nat({ max: 20 }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(0, 0.3, 0.5, 0.9), steps, (overlap, order) => {
        const records = lived(overlap, order);
        const closed = records.filter((record) => record.type === "round.closed");
        expect(closed.map(({ round }) => round)).toEqual(closed.map((_, index) => index));
        const ended = (round: number) =>
          records.filter(
            (record) =>
              (record.type === "question.settled" && record.dossier.round === round) ||
              (record.type === "question.voided" && record.round === round),
          );
        for (const { round, settled: right, voided: wrong } of closed) {
          expect(right + wrong).toBe(3);
          expect(ended(round)).toHaveLength(3);
        }
        for (const { staleness } of closed) {
          expect(staleness?.rounds).toBeLessThanOrEqual(Math.ceil(overlap));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("end with the run: sixty outcomes without a kill are more than six rounds of three", () => {
    const order = Array.from({ length: 60 }, (_, index) => index % 20);
    for (const overlap of [0, 0.5, 0.9]) {
      expect(lived(overlap, order).at(-1)).toMatchObject({ type: "run.finished", rounds: 6 });
    }
  });
});

test("has the configured deadlines", () => {
  const clock = new SimulatedClock();
  const input = { settings: { ...settings, externalAnchor: false }, records: [], expected: group };
  const actor = createActor(supervisorMachine, { clock, input }).start();
  for (const agent of ["ant", "bee"]) actor.send(joined(agent));
  clock.increment(59_999);
  expect(actor.getSnapshot().value).toBe("gathering");
  clock.increment(1);
  expect(actor.getSnapshot().value).toBe("opening");
  const round = { round: 0, attempt: 0, generator: "ant", difficulty: 1, count: 2 } as const;
  actor.send(said("round.opened", { ...round, strategy: "explore" }));
  clock.increment(6 * 60_000 - 1);
  expect(actor.getSnapshot().value).toBe("playing");
  clock.increment(1);
  expect(actor.getSnapshot().value).toBe("closing");
});
