/** Runs without progress end early with the reason, and can be resumed. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { sealed } from "../../runtime/messages.fixture.ts";
import type { Draft, Message, MessageOf } from "../../runtime/messages.ts";
import type { Model } from "../../runtime/model/model.ts";
import { type Script, type ScriptedReply, scriptedModel } from "../../runtime/model/scripted.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { ofType, play, societyConfig } from "./society.fixture.ts";
import { StuckWatch } from "./stuck.ts";

const all = <Value>(value: Value) => ({ ant: value, bee: value, cat: value });
const refused = () => ({ fail: 401 });
const refusing = Object.fromEntries(
  ["generator", "solver", "verifier", "voter", "explainer"].map((role) => [role, refused]),
);
const plain = { lora: false, externalAnchor: false } as const;

const closed = (more: { settled?: number; voided?: number }): Draft<"round.closed"> => ({
  ...{
    type: "round.closed",
    round: 1,
    settled: 0,
    voided: 0,
    solutions: 0,
    verified: 0,
    admitted: 0,
    ...more,
  },
  ...{ passRate: 0, target: 0.5, difficulty: 1, nextDifficulty: 1, surprise: 0, strategy: "explore" },
});
const voided = (question: string): Message =>
  sealed(
    {
      ...{ type: "question.voided", question, round: 1, author: "bee", adapter: 0, text: "" },
      reason: "it is malformed",
    },
    "bee",
  );

const causeOf = (end: Awaited<ReturnType<typeof play>>["end"]): unknown =>
  end.outcome === "failed" ? end.cause : undefined;

describe("a run ends and reports why", () => {
  test("a run ends with the cause if its members are permanently refused", async () => {
    const config = societyConfig({ ...plain, rounds: 50 });
    const { end } = await play(config, { scripts: all({ ...refusing, generator: refused }) });
    expect(String(causeOf(end))).toMatch(/the run cannot continue: .*HTTP 401/);
    expect(exitCodeOf(causeOf(end))).toBe(4);
  });

  test("a run ends with the cause if all questions of three rounds are void, and it can be resumed", async () => {
    const config = societyConfig({ ...plain, rounds: 6 });
    const same = { generator: ({ n = 1 }) => ({ text: Array.from({ length: n }, () => "1+2+3") }) } as const;
    const { end, records } = await play(config, { scripts: all(same) });
    expect(String(causeOf(end))).toMatch(/questions of 3 rounds in a row were void, \d+ of them because: /);
    expect(exitCodeOf(causeOf(end))).toBe(4);
    expect(ofType(records, "round.closed").length).toBeLessThan(6);
    expect(ofType(records, "run.failed")).toMatchObject([
      { from: "host", reason: expect.stringMatching(/questions of 3 rounds in a row were void/) },
    ]);
    const resumed = await play(config, { resume: true });
    expect(resumed.end).toEqual({ outcome: "finished", reason: "6 rounds played" });
  });
});

test("a run whose members crash ends early with the causes, and it can be resumed", async () => {
  const kind = fileURLToPath(new URL("../../actors/faulty-model.fixture.ts", import.meta.url));
  const endpoint = "http://127.0.0.1:9/v1";
  const models = ["ant", "bee", "cat"].map((name, index) => ({
    ...{ name, model: name, endpoint },
    kind: index === 0 ? "model" : kind,
  }));
  const config = societyConfig({ ...plain, models });
  const { end, records } = await play(config, {
    during: async ({ tools }) =>
      tools.send([{ type: "remark.made", question: "any", kind: "test", text: "go" }]),
  });
  expect(String(causeOf(end))).toMatch(
    /only 1 of 3 members answer: bee: failed: a bug in the machine; cat: failed: a bug in the machine/,
  );
  expect(exitCodeOf(causeOf(end))).toBe(4);
  expect(ofType(records, "run.finished")).toEqual([]);
  expect(ofType(records, "run.failed")).toHaveLength(1);
  const resumed = await play(config, { resume: true });
  expect(resumed.end).toEqual({ outcome: "finished", reason: "2 rounds played" });
});

test("a run also ends if only the generator is called, and always refused", async () => {
  const config = societyConfig({ ...plain, rounds: 9, randomQGen: false });
  const { end, records } = await play(config, { scripts: { ant: refusing } });
  expect(String(causeOf(end))).toMatch(/6 questions of 3 rounds/);
  expect(exitCodeOf(causeOf(end))).toBe(4);
  expect(ofType(records, "round.closed").length).toBeLessThan(9);
});

test("rounds in which no endpoint answers are an outage and do not end the run while it is short", async () => {
  const config = societyConfig({ ...plain, rounds: 5 });
  const down = () => ({ fail: 503 });
  const { end, records } = await play(config, { scripts: all({ generator: down }) });
  expect(end).toEqual({ outcome: "finished", reason: "5 rounds played" });
  expect(ofType(records, "question.settled")).toEqual([]);
});

test("an outage that outlasts the run's patience ends it with the cause; it is journaled, and the run can be resumed", async () => {
  const config = societyConfig({ ...plain, rounds: 6, outageSeconds: 0.001 });
  const down = () => ({ fail: 503 });
  const { end, records } = await play(config, { scripts: all({ generator: down }) });
  expect(String(causeOf(end))).toMatch(
    /the run cannot continue: no endpoint has answered for \d+ s: all \d+ questions of \d+ rounds? in a row were void, \d+ of them because: .*HTTP 503.*resume the run/,
  );
  expect(exitCodeOf(causeOf(end))).toBe(4);
  expect(ofType(records, "run.failed")).toMatchObject([
    { from: "host", reason: expect.stringMatching(/no endpoint has answered/) },
  ]);
  const resumed = await play(config, { resume: true });
  expect(resumed.end).toEqual({ outcome: "finished", reason: "6 rounds played" });
});

test("rounds whose endpoint answers with an error of its own are no outage: the run ends", async () => {
  const config = societyConfig({ ...plain, rounds: 20, workAttempts: 1 });
  const broken = () => ({ fail: 500 });
  const { end, records } = await play(config, { scripts: all({ generator: broken }) });
  expect(String(causeOf(end))).toMatch(/3 rounds in a row were void, .* HTTP 500/);
  expect(exitCodeOf(causeOf(end))).toBe(4);
  expect(ofType(records, "question.settled")).toEqual([]);
});

test("one permanently refused member does not end the run", async () => {
  const config = societyConfig({ ...plain, rounds: 2, absentAfter: 1, workAttempts: 1 });
  const { end } = await play(config, { scripts: { cat: refusing } });
  expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
});

describe("members of other processes", () => {
  const pulsed = (agent: string, more: Partial<MessageOf<"agent.pulsed">>): Message =>
    sealed({ type: "agent.pulsed", agent, life: "l", every: 2, ...more }, agent);
  const watch = (names: readonly string[]) => {
    const causes: string[] = [];
    const onStuck = ({ message }: Error): void => void causes.push(message);
    const stuck = new StuckWatch({ onStuck, outageSeconds: 1800 });
    stuck.watching(names.map((name) => scriptedModel({ name, script: {} })));
    return { causes, stuck };
  };
  const refused = (refusals: number) => ({ refusals, problem: "bee at far: HTTP 401", fix: "name a key" });

  test("end the run when their endpoints refuse permanently, and not before", () => {
    const { causes, stuck } = watch(["ant", "bee", "cat"]);
    stuck.accept(pulsed("bee", { answered: 4, refused: refused(4) }));
    stuck.accept(pulsed("cat", { answered: 2, refused: refused(2) }));
    stuck.accept(pulsed("cat", { answered: 3 }));
    stuck.accept(pulsed("cat", { answered: 5, refused: refused(2) }));
    expect(causes).toEqual([]);
    stuck.accept(pulsed("cat", { answered: 6, refused: refused(3) }));
    stuck.accept(pulsed("cat", { answered: 6, refused: refused(3) }));
    expect(causes).toEqual([
      expect.stringMatching(/2 of 3 models fail permanently: bee at far: HTTP 401.*key/),
    ]);
  });

  test("are named with their refusals where these have left three rounds void, however few they are", () => {
    const { causes, stuck } = watch(["ant", "bee", "cat"]);
    for (let round = 1; round <= 3; round += 1) {
      stuck.accept(pulsed("bee", { answered: round, refused: refused(Math.min(round, 2)) }));
      stuck.accept(pulsed("cat", { answered: 1, refused: refused(1) }));
      stuck.accept(voided(`q${round}`));
      stuck.accept(sealed(closed({ voided: 1 }), "supervisor"));
    }
    expect(causes).toEqual([
      expect.stringMatching(/2 of 3 models fail permanently: bee at far: HTTP 401.*key/),
    ]);
  });

  test.each([
    ["are answered", 1, 1],
    ["are not answered: an outage", 0, 0],
  ])("rounds of void questions whose calls %s", (_, answers, ends) => {
    const { causes, stuck } = watch(["ant", "bee"]);
    stuck.accept(pulsed("bee", { answered: 7 }));
    stuck.accept(sealed(closed({ settled: 1 }), "supervisor"));
    for (let round = 1; round <= 3; round += 1) {
      stuck.accept(pulsed("bee", { answered: 7 + round * answers }));
      stuck.accept(voided(`q${round}`));
      stuck.accept(sealed(closed({ voided: 1 }), "supervisor"));
    }
    expect(causes).toHaveLength(ends);
  });
});

describe("models and their refusals", () => {
  const call = { role: "solver", prompt: "1+2?", n: 1, temperature: 0, topP: 1, maxTokens: 8 };
  const { signal } = new AbortController();
  const watched = (...scripts: Script[]) => {
    const causes: string[] = [];
    const onStuck = ({ message }: Error): void => void causes.push(message);
    const watch = new StuckWatch({ onStuck, outageSeconds: 1800 });
    const models = scripts.map((script, index) => scriptedModel({ name: `m${index}`, script }));
    return { causes, models: watch.watching(models) };
  };
  const ask = async (model: Model | undefined, times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await model?.complete(call, signal).catch(() => {});
  };

  test("end the run when fewer than two models are left without three permanent refusals in a row", async () => {
    const { causes, models } = watched({ solver: refused }, { solver: refused }, { solver: () => "3" });
    await ask(models[0], 3);
    await ask(models[1], 2);
    await ask(models[2], 3);
    expect(causes).toEqual([]);
    await ask(models[1], 1);
    expect(causes).toEqual([expect.stringMatching(/2 of 3 models fail permanently: m0 at script: HTTP 401/)]);
  });

  test("do not end the run after transient failures, or with an answer in between", async () => {
    const replies: ScriptedReply[] = [{ fail: 401 }, { fail: 401 }, "3", { fail: 401 }, { fail: 401 }];
    const { causes, models } = watched({ solver: () => ({ fail: 503 }) }, { solver: replies });
    await ask(models[0], 5);
    await ask(models[1], 5);
    expect(causes).toEqual([]);
  });
});

describe("an outage", () => {
  const call = { role: "solver", prompt: "1+2?", n: 1, temperature: 0, topP: 1, maxTokens: 8 };
  const { signal } = new AbortController();

  /** Rounds of ten minutes with one void question; `replies`: what the model does in each. */
  const played = async (replies: ScriptedReply[], outageSeconds: number) => {
    const causes: string[] = [];
    const clock = { now: 0 };
    const onStuck = ({ message }: Error): void => void causes.push(message);
    const watch = new StuckWatch({ onStuck, outageSeconds, now: () => clock.now });
    const [model] = watch.watching([scriptedModel({ name: "ant", script: { solver: replies } })]);
    for (const [round] of replies.entries()) {
      await model?.complete(call, signal).catch(() => {});
      clock.now += 600_000;
      const about = { from: "supervisor", at: 0, question: "q1" } as const;
      watch.accept({ ...about, type: "question.voided", reason: "no answer" } as Message);
      watch.accept({ ...about, type: "round.closed", round, settled: 0, voided: 1 } as unknown as Message);
      if (causes.length > 0) return { rounds: round + 1, causes };
    }
    return { rounds: undefined, causes };
  };
  const down = (times: number): ScriptedReply[] => Array.from({ length: times }, () => ({ fail: 502 }));

  test("ends the run when it has lasted as long as the run waits", async () => {
    expect(await played(down(9), 1800)).toMatchObject({
      rounds: 3,
      causes: [expect.stringMatching(/for 1800 s: all 3 questions/)],
    });
    expect((await played(down(9), 3000)).rounds).toBe(5);
    expect((await played(down(9), 86_400)).causes).toEqual([]);
  });

  test("begins anew after an answer", async () => {
    expect((await played([...down(2), "3", ...down(2)], 1800)).causes).toEqual([]);
    expect((await played([...down(2), "3", ...down(3)], 1800)).rounds).toBe(6);
  });
});
