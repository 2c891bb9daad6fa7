import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createActor, fromCallback, fromPromise } from "xstate";
import { doWork, type Perform } from "../actors/attempts.ts";
import type { Draft, Exemplar, Message } from "../runtime/messages.ts";
import { poseWork } from "./folds/asked.ts";
import { nothingUnderway } from "./folds/underway.ts";
import {
  after,
  askedIn,
  doneOf,
  drive,
  failedOf,
  group,
  said,
  settings,
  solutionOf,
  typesOf,
} from "./machines.fixture.ts";
import { type Adoption, type Desk, type DeskOrder, modelMachine } from "./model.ts";
import type { Settings } from "./settings.ts";
import type { Work } from "./work.ts";
import type { Ended, WorkEnded } from "./work-order.ts";

const input = { name: "ant", settings, adapter: 0, exemplars: [] };
const begin = () => drive(modelMachine, input);

const opened = (generator: string, round = 0, count = 4): Message =>
  said("round.opened", { round, attempt: 0, generator, difficulty: 1.25, count, strategy: "explore" });
const posed = (members: readonly string[] = group, question = "q"): Message =>
  said("question.posed", {
    ...{ question, round: 0, author: "bee", adapter: 0, difficulty: 1, text: "2+2", group: [...members] },
  });
const offered = (author: string, members: readonly string[] = group): Message =>
  said("solution.offered", {
    question: "q",
    text: "2+2",
    ...askedIn(members, author),
    offered: solutionOf(author),
  });
const refused = (
  author: string,
  verdict: "accept" | "refuse" | "abstain" = "refuse",
  verifier = author === "cat" ? "bee" : "cat",
): Message =>
  said("verdict.given", {
    question: "q",
    verdicts: [{ solutionId: `q/${author}`, verifier, adapter: 0, verdict, text: "" }],
  });
const elected = (author: string): Message =>
  said("winner.elected", { question: "q", text: "2+2", winner: solutionOf(author) });
const ballotedFor = (members: readonly string[]): Message =>
  said("ballot.opened", {
    ...{ question: "q", text: "2+2", group: [...members] },
    pairs: [{ pair: "p", first: "q/ant", second: "q/bee" }],
    solutions: [{ solutionId: "q/ant", text: "by ant" }],
  });
const balloted = ballotedFor(group);
const exemplar = (author: string): Exemplar => ({
  ...{ question: "old", text: "1+1", solution: "2", explanation: "", author, quality: 0.5, mu: 25 },
});
const history = (...authors: string[]): Message =>
  said("history.updated", { exemplars: authors.map(exemplar) });
const published = (model: string, version: number): Message =>
  said("adapter.published", {
    ...{ job: `${model}@v${version}`, model, version, folder: "", before: 0, after: 0, loss: 0 },
  });
const withdrawn = (version: number, restored: number): Message =>
  said("adapter.withdrawn", { model: "ant", version, restored, cause: "worse" });
/** What the desk reports of work of one kind. */
const endsOf = (...ended: WorkEnded["ended"][number][]): WorkEnded => ({
  ...{ type: "work.ended", kind: ended[0]?.work.kind ?? "solve", ended },
});

describe("posing", () => {
  const difficulties = (difficulty: number, count: number, difficultySpread = 0) =>
    poseWork(said("round.opened", { ...opened("ant"), type: undefined, difficulty, count } as never), {
      ...{ difficultySpread, difficultyMin: 1 },
    }).map((work) => [work.difficulty, work.count]);

  test("a share of the batch is one level easier, and as much one level harder", () => {
    expect(difficulties(3, 8, 0.5)).toEqual([
      [2, 2],
      [3, 4],
      [4, 2],
    ]);
    expect(difficulties(2.5, 8, 0.5)).toEqual([
      [1, 1],
      [2, 3],
      [3, 3],
      [4, 1],
    ]);
    expect(difficulties(1, 4, 0.5)).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  test("a real difficulty is a mixture of whole ones", () => {
    expect(difficulties(1.25, 4)).toEqual([
      [1, 3],
      [2, 1],
    ]);
    expect(difficulties(2, 4)).toEqual([[2, 4]]);
    expect(difficulties(1.9, 2)).toEqual([[2, 2]]);
  });
});

describe("roles", () => {
  const work = (...events: Message[]) => {
    const { underway } = begin().send(...events).state.context;
    return Object.values(underway)
      .flat()
      .map(({ id }) => id);
  };

  test("poses when named", () => {
    expect(work(opened("ant"))).toEqual(["q0-0-1", "q0-0-2"]);
    expect(work(opened("bee"))).toEqual([]);
  });

  test("solves what its group is asked", () => {
    expect(work(posed())).toEqual(["solve:q"]);
    expect(work(posed(["bee", "cat"]))).toEqual([]);
  });

  test("verifies its peers and not itself", () => {
    expect(work(offered("bee"))).toEqual(["verify:q/bee"]);
    expect(work(offered("ant"))).toEqual([]);
  });

  test("takes part in the questions of its groups only: a latecomer neither verifies nor votes", () => {
    expect(work(offered("bee", ["bee", "cat"]))).toEqual([]);
    expect(work(ballotedFor(["bee", "cat"]))).toEqual([]);
  });

  test("asks nobody to verify its solution of a question that nobody examines", () => {
    const off = drive(modelMachine, input).send({ ...posed(), examined: false } as Message);
    expect(off.state.context.underway.solve).toMatchObject([{ examined: false }]);
    const on = drive(modelMachine, input).send(posed());
    expect(on.state.context.underway.solve[0]).not.toHaveProperty("examined");
  });

  test("votes, and explains where it won", () => {
    expect(work(balloted)).toEqual(["vote:q"]);
    expect(work(elected("ant"))).toEqual(["explain:q"]);
    expect(work(elected("bee"))).toEqual([]);
  });

  test("has each piece of work under way once", () => {
    expect(work(posed(), posed())).toEqual(["solve:q"]);
  });

  test("is teacher while others read its explanations, and student otherwise", () => {
    const teacher = begin().send(history("bee", "ant"));
    expect(teacher.state.matches({ learner: "teacher" })).toBe(true);
    expect(teacher.state.context.exemplars.map(({ author }) => author)).toEqual(["bee", "ant"]);
    expect(teacher.send(history("bee")).state.matches({ learner: "student" })).toBe(true);
  });

  test("hands remarks to the explainer and forgets them afterwards", () => {
    const remark = said("remark.made", { question: "q", kind: "critique", text: "too long" });
    const other = said("remark.made", {
      question: "q",
      solutionId: "q/bee",
      kind: "critique",
      text: "wrong",
    });
    const remarked = begin().send(remark, other);
    expect(remarked.state.context.remarks).toEqual({ q: [remark, other] });
    const settled = said("question.settled", { dossier: { question: "q" } } as never);
    expect(remarked.send(settled).state.context.remarks).toEqual({});
    const voided = { question: "q", round: 0, author: "bee", adapter: 0, text: "", reason: "no" };
    expect(remarked.send(said("question.voided", voided)).state.context.remarks).toEqual({});
  });

  test("plays all of them at once", () => {
    const busy = begin().send(opened("ant"), posed(), offered("bee"), balloted, elected("ant"));
    expect(busy.state.value).toMatchObject({
      ...{ generator: "posing", solver: "solving", verifier: "verifying", voter: "voting" },
      explainer: "explaining",
    });
  });
});

describe("the end of work", () => {
  const solving = begin().send(posed(), posed(group, "r"));
  const solve = (question: string): Work => ({
    ...{ kind: "solve", id: `solve:${question}`, question, text: "", group: [], exemplars: [] },
  });
  const done = (question: string, ...drafts: Draft[]): Ended => ({
    ...{ work: solve(question), outcome: "done", drafts },
  });
  const failed = (question: string): Ended => ({
    ...{ work: solve(question), outcome: "failed", cause: "model down" },
  });
  const draft: Draft = { type: "solution.withheld", question: "q", author: "ant", cause: "none" };

  test("publishes what it made", () => {
    const one = solving.send(endsOf(done("q", draft)));
    expect(one.last).toEqual([draft]);
    expect(one.state.matches({ solver: "solving" })).toBe(true);
    const both = one.send(endsOf(done("r")));
    expect(both.state.matches({ solver: "resting" })).toBe(true);
    expect(Object.values(both.state.context.underway).flat()).toEqual([]);
  });

  test("publishes an abstention with the cause where it failed", () => {
    const abstained = solving.send(endsOf(failed("q")));
    expect(abstained.last).toEqual([
      { type: "solution.withheld", question: "q", author: "ant", cause: "model down", taught: false },
    ]);
  });

  test("that comes together is published and forgotten together", () => {
    const both = solving.send(endsOf(done("q", draft), failed("r")));
    expect(both.last).toEqual([
      draft,
      { type: "solution.withheld", question: "r", author: "ant", cause: "model down", taught: false },
    ]);
    expect(both.state.context.underway).toEqual(nothingUnderway);
    expect(both.state.matches({ solver: "resting" })).toBe(true);
    expect(both.state.context.failures).toMatchObject({ solve: 1 });
  });

  test("brings the verdicts on one question in one message, abstentions among them", () => {
    const checking = begin().send(offered("bee"), offered("cat"), posed());
    const check = (author: string): Work => ({
      ...{ kind: "verify", id: `verify:q/${author}`, question: "q", text: "2+2", group: [...group] },
      solution: solutionOf(author),
    });
    const verdict = { verifier: "ant", adapter: 0, text: "" };
    const accepted: Draft = {
      ...{ type: "verdict.given", question: "q" },
      verdicts: [{ ...verdict, solutionId: "q/bee", verdict: "accept" }],
    };
    const checked = checking.send(
      endsOf(
        { work: check("bee"), outcome: "done", drafts: [accepted] },
        { work: check("cat"), outcome: "failed", cause: "model down" },
      ),
    );
    expect(checked.last).toEqual([
      {
        ...{ type: "verdict.given", question: "q" },
        verdicts: [
          { ...verdict, solutionId: "q/bee", verdict: "accept" },
          { ...verdict, solutionId: "q/cat", verdict: "abstain", text: "model down" },
        ],
      },
    ]);
    expect(checked.state.value).toMatchObject({ verifier: "resting", solver: "solving" });
  });
});

describe("absence", () => {
  const check = (author: string): Work => ({
    ...{ kind: "verify", id: `verify:q/${author}`, question: "q", text: "2+2", group: [...group] },
    solution: solutionOf(author),
  });
  const vote: Work = { kind: "vote", id: "vote:q", question: "q", text: "2+2", pairs: [], solutions: {} };
  const without = { outcome: "failed", cause: "model down" } as const;
  const failed = (...authors: string[]) =>
    endsOf(...authors.map((author) => ({ work: check(author), ...without })));
  const done = (author: string) => endsOf({ work: check(author), outcome: "done", drafts: [] });
  const twice = begin().send(offered("bee"), offered("cat"), failed("bee"), failed("cat"), offered("cat"));
  const lapsed = twice.send(failed("cat"));
  const waited = lapsed.send(after("pause", "model.presence.absent.waiting"));

  test("begins after failures in a row, with a word and its cause", () => {
    expect(typesOf(twice.drafts)).not.toContain("agent.lapsed");
    expect(lapsed.last).toContainEqual({
      ...{ type: "agent.lapsed", agent: "ant", failures: 3, cause: "model down" },
    });
    // The abstention is said all the same.
    expect(typesOf(lapsed.last).toSorted()).toEqual(["agent.lapsed", "verdict.given"]);
  });

  test("does not begin where work is done in between, or where only votes fail", () => {
    const between = twice.send(done("bee"), failed("cat"), failed("cat"));
    expect(between.state.matches({ presence: "present" })).toBe(true);
    const votes = begin().send(...Array.from({ length: 9 }, () => endsOf({ work: vote, ...without })));
    expect(votes.state.matches({ presence: "present" })).toBe(true);
  });

  test("begins, too, where as many fail together, and ends where one of those that come together is done", () => {
    const offers = ["bee", "cat", "dog"].map((author) => offered(author));
    const together = begin().send(...offers, failed("bee", "cat", "dog"));
    expect(typesOf(together.last).toSorted()).toEqual(["agent.lapsed", "verdict.given"]);
    expect(together.last.find(({ type }) => type === "verdict.given")).toMatchObject({
      verdicts: ["bee", "cat", "dog"].map((author) => ({ solutionId: `q/${author}`, verdict: "abstain" })),
    });
    const mixed = together.send(endsOf(...failed("bee").ended, ...done("cat").ended, ...failed("dog").ended));
    expect(typesOf(mixed.last)).toContain("agent.recovered");
    const other = { ...done("cat"), kind: "vote" as const };
    expect(together.send(other).state.matches({ presence: "absent" })).toBe(true);
  });

  test("is said again where another says that the member is back, which knows its process alone", () => {
    const back = (agent: string, from: string): Message => ({ type: "agent.recovered", agent, from, at: 0 });
    const recalled = lapsed.send(back("ant", "attendance"));
    expect(typesOf(recalled.last)).toEqual(["agent.lapsed"]);
    expect(recalled.last[0]).toMatchObject({ agent: "ant", failures: 3 });
    expect(recalled.state.matches({ presence: "absent" })).toBe(true);
    expect(lapsed.send(back("bee", "attendance")).last).toEqual([]);
    expect(lapsed.send(back("ant", "ant")).last).toEqual([]);
    expect(begin().send(back("ant", "attendance")).last).toEqual([]);
  });

  test("takes on no verdicts and no votes", () => {
    const asked = lapsed.send(offered("bee"), balloted);
    expect(asked.state.context.underway).toMatchObject({ verify: [], vote: [] });
  });

  test("tries what it failed at again, with longer and longer pauses", () => {
    expect(waited.state.matches({ presence: { absent: "trying" } })).toBe(true);
    expect(waited.state.context.owed).toMatchObject({ kind: "verify", solution: { author: "cat" } });
    const again = waited.send(failedOf("retry", "still down"));
    expect(again.state.matches({ presence: { absent: "waiting" } })).toBe(true);
    expect(again.state.context.tries).toBe(1);
    expect(typesOf(again.last)).toEqual([]);
  });

  test("ends with a word once that is done, and counts anew", () => {
    const back = waited.send(doneOf("retry"));
    expect(back.last).toEqual([{ type: "agent.recovered", agent: "ant" }]);
    expect(back.state.matches({ presence: "present" })).toBe(true);
    const again = back.send(offered("bee"), offered("cat"), failed("bee"), failed("cat"));
    expect(again.state.matches({ presence: "present" })).toBe(true);
  });

  test("ends, too, when what was under way is done after all", () => {
    for (const absent of [lapsed, waited]) {
      const back = absent.send(done("bee"));
      expect(typesOf(back.last)).toEqual(["agent.recovered"]);
      expect(back.state.matches({ presence: "present" })).toBe(true);
    }
  });
});

describe("the weights", () => {
  const adopting = begin().send(published("ant", 1));

  test("are the base model's, or those of an earlier life", () => {
    expect(begin().state.matches({ weights: "serving" })).toBe(true);
    const resumed = drive(modelMachine, { ...input, adapter: 3 });
    expect(resumed.state.matches({ weights: "adopting" })).toBe(true);
    expect(resumed.send(failedOf("adopt", "gone")).state.matches({ weights: "serving" })).toBe(true);
  });

  test("are its own only once they have been adopted", () => {
    expect(adopting.state.matches({ weights: "adopting" })).toBe(true);
    expect(adopting.state.context.adapter).toBe(0);
    expect(adopting.send(doneOf("adopt")).state.context.adapter).toBe(1);
    expect(begin().send(published("bee", 1)).state.matches({ weights: "serving" })).toBe(true);
  });

  test("stay the old ones where adoption fails", () => {
    const failed = adopting.send(failedOf("adopt", "no such folder"));
    expect(failed.state.matches({ weights: "serving" })).toBe(true);
    expect(failed.state.context.adapter).toBe(0);
  });

  test("are the restored ones after a withdrawal, even of an adoption under way", () => {
    const second = adopting.send(doneOf("adopt"), published("ant", 2), withdrawn(2, 1));
    expect(second.state.context.candidate).toBe(1);
    expect(second.send(doneOf("adopt")).state.context.adapter).toBe(1);
    const base = adopting.send(doneOf("adopt"), withdrawn(1, 0), doneOf("adopt"));
    expect(base.state.context.adapter).toBe(0);
  });
});

/** A running model whose calls end only when the test says so. */
const living = (more: Partial<Settings> = {}) => {
  const calls: { id: string; attempt: number; signal: AbortSignal; settle: PromiseWithResolvers<Draft[]> }[] =
    [];
  const drafts: Draft[] = [];
  const perform: Perform = ({ work, attempt }, signal) => {
    const settle = Promise.withResolvers<Draft[]>();
    calls.push({ id: work.id, attempt, signal, settle });
    return settle.promise;
  };
  const desk = fromCallback<DeskOrder, Desk>(({ receive, sendBack }) => {
    const underway = new Map<string, AbortController>();
    receive((asked) => {
      if (asked.type === "stop") return asked.ids.forEach((id) => void underway.get(id)?.abort());
      for (const order of asked.orders) {
        const stopping = new AbortController();
        underway.set(order.work.id, stopping);
        void doWork(order, { perform, abstain: () => [] }, stopping.signal).then(
          (end) => stopping.signal.aborted || sendBack(endsOf(end)),
        );
      }
    });
    return () => underway.forEach((stopping) => void stopping.abort());
  });
  const machine = modelMachine.provide({
    actors: {
      desk,
      adopt: fromPromise<void, Adoption>(() => Promise.reject(new Error("no such folder"))),
    },
  });
  const actor = createActor(machine, { input: { ...input, settings: { ...settings, ...more } } });
  actor.on("*", (draft) => void drafts.push(draft));
  actor.start();
  return { actor, calls, drafts };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("calls under way", () => {
  test("a peer's refusal aborts this model's own check of the solution, and only that", async () => {
    const { actor, calls, drafts } = living();
    actor.send(offered("bee"));
    actor.send(offered("cat"));
    actor.send(refused("bee", "accept"));
    actor.send(refused("bee", "abstain"));
    expect(calls.map(({ id, signal }) => [id, signal.aborted])).toEqual([
      ["verify:q/bee", false],
      ["verify:q/cat", false],
    ]);
    actor.send(refused("bee"));
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(actor.getSnapshot().context.underway.verify).toMatchObject([{ id: "verify:q/cat" }]);
    calls[0]?.settle.resolve([{ type: "solution.withheld", question: "q", author: "ant", cause: "late" }]);
    await settled();
    expect(drafts).toEqual([]);
    actor.send(refused("cat"));
    expect(actor.getSnapshot().matches({ verifier: "resting" })).toBe(true);
  });

  test("a batch of verdicts aborts all the checks that it settles, and rests where none is left", () => {
    const { actor, calls } = living();
    for (const author of ["bee", "cat", "dog"]) actor.send(offered(author));
    const said = (solutionId: string, verifier: string, verdict: "accept" | "refuse") => ({
      ...{ solutionId, verifier, adapter: 0, verdict, text: "" },
    });
    const given = (...verdicts: ReturnType<typeof said>[]): Message => ({
      type: "verdict.given",
      from: "bee",
      at: 0,
      question: "q",
      verdicts,
    });
    actor.send(
      given(said("q/cat", "bee", "refuse"), said("q/dog", "bee", "accept"), said("q/bee", "bee", "refuse")),
    );
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
    expect(actor.getSnapshot().matches({ verifier: "verifying" })).toBe(true);
    const rest = [
      said("q/dog", "cat", "refuse"),
      said("q/dog", "cat", "refuse"),
      said("q/bee", "cat", "refuse"),
    ];
    actor.send(given(...rest, said("q/owl", "cat", "refuse")));
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
    expect(actor.getSnapshot().context.underway.verify).toEqual([]);
    expect(actor.getSnapshot().matches({ verifier: "resting" })).toBe(true);
  });

  test("whoever's consent the solution does not need settles nothing: an outsider, and its own author", () => {
    const { actor, calls } = living();
    actor.send(offered("bee"));
    actor.send(refused("bee", "refuse", "dog"));
    actor.send(refused("bee", "refuse", "bee"));
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false]);
    expect(actor.getSnapshot().matches({ verifier: "verifying" })).toBe(true);
  });

  const voided = (question: string): Message =>
    said("question.voided", {
      ...{ question, round: 0, author: "bee", adapter: 0, text: "", reason: "bee is gone: it left" },
    });

  test("for a question that ends are aborted: they have failed if it is settled without them, not if it is void", () => {
    const ends: [Message, number][] = [
      [said("question.settled", { dossier: { question: "q" } } as never), 1],
      [voided("q"), 0],
    ];
    for (const [end, failures] of ends) {
      const { actor, calls } = living();
      actor.send(posed());
      actor.send(posed(group, "r"));
      actor.send(end);
      expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
      expect(actor.getSnapshot().context.failures).toMatchObject({ solve: failures });
      expect(actor.getSnapshot().context.underway.solve).toMatchObject([{ id: "solve:r" }]);
    }
  });

  test("for the questions of a generator that is gone leave the others present, and say nothing of them", () => {
    const { actor, drafts } = living();
    const questions = ["a", "b", "c", "d"];
    for (const question of questions) actor.send(posed(group, question));
    for (const question of questions) actor.send(voided(question));
    expect(drafts).toEqual([]);
    expect(actor.getSnapshot().matches({ presence: "present", solver: "resting" })).toBe(true);
  });

  test("of a member that questions end without again and again: it says that it is absent", () => {
    const { actor, drafts } = living();
    for (const question of ["a", "b", "c"]) {
      actor.send(posed(group, question));
      actor.send(said("question.settled", { dossier: { question } } as never));
    }
    expect(drafts).toContainEqual({
      ...{ type: "agent.lapsed", agent: "ant", failures: 3, cause: "the question ended without it" },
    });
  });

  test("a refusal of what is not being checked changes nothing", () => {
    const { actor, calls } = living();
    actor.send(offered("bee"));
    actor.send(refused("cat"));
    expect(calls[0]?.signal.aborted).toBe(false);
  });

  test("an unparsable reply is tried again, then becomes an abstention with the cause", async () => {
    const { actor, calls, drafts } = living();
    actor.send(offered("bee"));
    calls[0]?.settle.reject(new Error("cannot be read"));
    await settled();
    expect(calls.map(({ attempt }) => attempt)).toEqual([0, 1]);
    calls[1]?.settle.reject(new Error("still cannot"));
    await settled();
    expect(drafts).toMatchObject([
      {
        type: "verdict.given",
        verdicts: [{ solutionId: "q/bee", verdict: "abstain", text: "still cannot" }],
      },
    ]);
    expect(actor.getSnapshot().matches({ verifier: "resting" })).toBe(true);
  });

  test("a call that hangs is aborted, tried again and given up", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { actor, calls, drafts } = living({ phaseTimeoutSeconds: 20 });
    actor.send(posed());
    await vi.advanceTimersByTimeAsync(9_000);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(drafts).toEqual([
      {
        type: "solution.withheld",
        question: "q",
        author: "ant",
        cause: "no reply within 9 s",
        taught: false,
      },
    ]);
  });

  test("a batch that cannot be posed is void, each of its questions", async () => {
    const { actor, calls, drafts } = living({ workAttempts: 1 });
    actor.send(opened("ant"));
    for (const { settle } of calls) settle.reject(new Error("model down"));
    await settled();
    expect(typesOf(drafts).filter((type) => type === "question.voided")).toHaveLength(4);
    expect(drafts).toContainEqual(
      expect.objectContaining({ type: "question.voided", question: "q0-0-2.0", reason: "model down" }),
    );
    // It costs that round only: the model goes on in its other roles.
    expect(typesOf(drafts)).not.toContain("agent.lapsed");
    actor.send(offered("bee"));
    expect(calls.at(-1)?.id).toBe("verify:q/bee");
  });

  test("end when the model stops", () => {
    const { actor, calls } = living();
    actor.send(posed());
    actor.send(offered("bee"));
    actor.stop();
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  test("an adoption that fails is noted with its cause", async () => {
    const { actor, drafts } = living();
    actor.send(published("ant", 1));
    await settled();
    const where = "adopting an adapter";
    expect(drafts).toEqual([{ type: "agent.failed", agent: "ant", where, cause: "no such folder" }]);
    expect(actor.getSnapshot().context.adapter).toBe(0);
  });
});
