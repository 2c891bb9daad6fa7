/** A whole society with scripted models: failures are recorded, and the other members continue. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { RunEnd } from "../../experiments/result.ts";
import type { Message } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script, ScriptedAnswer, ScriptedRole } from "../../runtime/model/scripted.ts";
import { TrainingError } from "../../runtime/training.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import { runFolder, startRun } from "./host.ts";
import { scriptedParts, soundScript } from "./scripted-society.ts";
import { ofType, play, readRecords, sayingOf, servedAs, societyConfig } from "./society.fixture.ts";

const replyOf = (script: ScriptedRole | undefined, call: ModelCall): ScriptedAnswer => {
  const reply = typeof script === "function" ? script(call) : "";
  return typeof reply === "string" ? { text: reply } : reply;
};
const always = (answer: string | ScriptedAnswer, ...roles: string[]): Script =>
  Object.fromEntries(
    (roles.length > 0 ? roles : ["generator", "solver", "verifier", "voter", "explainer"]).map((role) => [
      role,
      () => answer,
    ]),
  );
const unanchored = { externalAnchor: false, randomQGen: false } as const;
const finished = (reason: string): RunEnd => ({ outcome: "finished", reason });
const questionsOf = (records: readonly Message[]): string[] =>
  ofType(records, "question.settled").map(({ dossier }) => dossier.question);
const fixture = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe("a sound society", () => {
  test("plays its rounds and decides every question", async () => {
    const { end, records, heard, troubles } = await play(societyConfig());
    expect(end).toEqual(finished("2 rounds played"));
    expect(troubles).toEqual([]);
    expect(ofType(heard, "agent.failed")).toEqual([]);
    expect(questionsOf(records)).toHaveLength(4);
    for (const { dossier } of ofType(records, "question.settled")) {
      expect(dossier.solutions).toHaveLength(3);
      expect(dossier.verified).toHaveLength(3);
      expect(dossier.verdicts).toHaveLength(6);
      expect(dossier.ballots).toHaveLength(9);
      expect(dossier.explanation?.text).toBe("by head");
    }
    expect(ofType(records, "round.closed").map(({ passRate }) => passRate)).toEqual([1, 1]);
    expect(ofType(records, "anchor.measured").map(({ purpose }) => purpose)).toEqual([
      ...Array(3).fill("baseline"),
      ...Array(3).fill("anchor"),
    ]);
  });

  test("trains an adapter for every member, which then uses it", async () => {
    const config = societyConfig({ bufferThreshold: 2, updates: 1, rounds: 9 });
    const { end, records, parts } = await play(config);
    expect(end).toEqual(finished("1 update made"));
    expect(
      ofType(records, "adapter.published")
        .map(({ job }) => job)
        .toSorted(),
    ).toEqual([...["ant@v1", "bee@v1", "cat@v1"]]);
    expect(parts.scripted.map(({ adapters }) => adapters)).toEqual([
      [servedAs("ant", 1)],
      [servedAs("bee", 1)],
      [servedAs("cat", 1)],
    ]);
  });
});

describe("a model that", () => {
  test("replies nonsense abstains with the cause each time, and no solution is verified", async () => {
    const config = societyConfig(unanchored);
    const { end, records } = await play(config, { scripts: { cat: always("zzz") } });
    expect(end).toEqual(finished("2 rounds played"));
    for (const { dossier } of ofType(records, "question.settled")) {
      expect(dossier.withheld).toEqual([
        { author: "cat", cause: 'solver reply cannot be read: "zzz"', taught: expect.any(Boolean) },
      ]);
      const cats = dossier.verdicts.filter(({ verifier }) => verifier === "cat");
      expect(cats.map(({ verdict, text }) => [verdict, text])).toEqual(
        Array(2).fill(["abstain", 'verifier reply cannot be read: "zzz"']),
      );
      expect(dossier.verified).toEqual([]);
    }
  });

  test("poses nonsense gets void questions with the reason, and the difficulty stays", async () => {
    const config = societyConfig(unanchored);
    const { end, records } = await play(config, { scripts: { ant: always("zzz", "generator") } });
    expect(end).toEqual(finished("2 rounds played"));
    expect(ofType(records, "question.voided").map(({ reason }) => reason)).toEqual(
      Array(4).fill("malformed"),
    );
    expect(ofType(records, "round.closed").map(({ nextDifficulty }) => nextDifficulty)).toEqual([3, 3]);
  });

  test("repeats itself gets void questions, as duplicates", async () => {
    const config = societyConfig(unanchored);
    const { records } = await play(config, { scripts: { ant: always("1+2", "generator") } });
    expect(questionsOf(records)).toHaveLength(1);
    expect(ofType(records, "question.voided").map(({ reason }) => reason)).toEqual(
      Array(3).fill("duplicate"),
    );
  });

  test("cannot vote or explain abstains only there", async () => {
    const config = societyConfig(unanchored);
    const scripts = { bee: always("zzz", "voter"), ant: always({ fail: 500 }, "explainer") };
    const { end, records, heard } = await play(config, { scripts });
    expect(end).toEqual(finished("2 rounds played"));
    for (const { dossier } of ofType(records, "question.settled")) {
      expect(dossier.winner).toBeDefined();
      const bees = dossier.ballots.filter(({ voter }) => voter === "bee");
      expect(bees.map(({ choice }) => choice)).toEqual(Array(3).fill(undefined));
      const winner = dossier.winner?.split("/")[1];
      expect(dossier.explanation === undefined).toBe(winner === "ant");
    }
    for (const { cause } of ofType(heard, "explanation.withheld")) expect(cause).toContain("HTTP 500");
  });

  test("is down has every missing contribution recorded with the cause", async () => {
    const config = societyConfig({ rounds: 3, seed: 5, absentAfter: 0 });
    const { end, records, heard } = await play(config, { scripts: { cat: always({ fail: 500 }) } });
    expect(end).toEqual(finished("3 rounds played"));
    const withheld = ofType(records, "question.settled").flatMap(({ dossier }) => dossier.withheld);
    for (const { author, cause } of withheld)
      expect([author, cause]).toEqual(["cat", expect.stringContaining("HTTP 500")]);
    const missed = ofType(heard, "anchor.missed");
    expect(missed.map(({ model }) => model)).toEqual(["cat", "cat"]);
    expect(missed[0]?.cause).toContain("HTTP 500");
    const posedByCat = ofType(records, "round.opened").filter(({ generator }) => generator === "cat");
    const voided = ofType(records, "question.voided").filter(({ reason }) => reason.includes("HTTP 500"));
    expect(voided).toHaveLength(2 * posedByCat.length);
  });

  test("hangs is aborted in time", async () => {
    const config = societyConfig({
      ...unanchored,
      rounds: 1,
      // Others answer in less, also where the processor is busy.
      callTimeoutSeconds: 0.3,
      phaseTimeoutSeconds: 1,
      workAttempts: 1,
    });
    const { end, records, parts } = await play(config, { scripts: { cat: always({ hang: true }) } });
    expect(end).toEqual(finished("1 round played"));
    const [settled] = ofType(records, "question.settled");
    expect(settled?.dossier.withheld).toEqual([
      { author: "cat", cause: "no reply within 0.9 s", taught: false },
    ]);
    expect(parts.scripted[2]?.aborts).toBe(parts.scripted[2]?.calls);
  });
});

describe("a member that stops answering", () => {
  test("becomes absent with the cause, and the others verify without it", async () => {
    const config = societyConfig({ ...unanchored, rounds: 4, absentAfter: 3 });
    const { end, records, heard } = await play(config, { scripts: { cat: always("zzz", "verifier") } });
    expect(end).toEqual(finished("4 rounds played"));
    const [lapsed, ...more] = ofType(records, "agent.lapsed");
    expect(lapsed).toMatchObject({ agent: "cat", cause: 'verifier reply cannot be read: "zzz"' });
    // The first round's four checks may end together.
    expect([3, 4]).toContain(lapsed?.failures);
    expect(more).toEqual([]);
    expect(ofType(heard, "agent.recovered")).toEqual([]);
    const [first, ...later] = ofType(records, "question.settled");
    expect(first?.dossier.group).toContain("cat");
    const last = later.at(-1)?.dossier;
    expect(last?.group).toEqual(["ant", "bee"]);
    expect(last?.verified).toHaveLength(2);
  });

  test("in time is skipped when the others are done, and becomes absent when that happens repeatedly", async () => {
    let stuck = false;
    const sound = soundScript(1);
    const cat: Script = { solver: (call) => (stuck ? { hang: true } : replyOf(sound.solver, call)) };
    const config = societyConfig({ ...unanchored, rounds: 5, absentAfter: 3, patienceSeconds: 0.3 });
    const { end, records } = await play(config, {
      scripts: { cat },
      onMessage: (message) => {
        if (message.type === "round.closed" && message.round === 0) stuck = true;
      },
    });
    expect(end).toEqual(finished("5 rounds played"));
    const dossiers = ofType(records, "question.settled").map(({ dossier }) => dossier);
    expect(dossiers).toHaveLength(10);
    const withheld = dossiers.flatMap((dossier) => dossier.withheld);
    expect(withheld.slice(0, 2)).toEqual(
      Array(2).fill({ author: "cat", cause: "silent while the others waited" }),
    );
    const lapsed = ofType(records, "agent.lapsed");
    expect(lapsed).toMatchObject([{ agent: "cat", cause: "the question ended without it" }]);
    // Questions that end together count together.
    expect([3, 4]).toContain(lapsed[0]?.failures);
    // A member that is skipped as a solver still verifies and votes.
    expect(dossiers.map(({ verified }) => verified.length)).toEqual([3, 3, ...Array(8).fill(2)]);
    expect(dossiers.at(-1)?.group).toEqual(["ant", "bee"]);
  });

  test("a member that stops answering and answers again stays out of the questions that were posed without it", async () => {
    const sound = soundScript(1);
    const slow: Script = {
      generator: (call) => ({ ...replyOf(sound.generator, call), delaySeconds: 0.1 }),
      verifier: (call) => ({ ...replyOf(sound.verifier, call), delaySeconds: 0.1 }),
    };
    // Cat hears everything and refuses every solution, while the group counts it as absent.
    const config = societyConfig({ ...unanchored, phaseTimeoutSeconds: 2, callTimeoutSeconds: 2 });
    const { end, records } = await play(config, {
      scripts: { ant: slow, bee: slow, cat: always("none", "verifier") },
      during: async (_, { bus }) =>
        createWire({ bus, run: config.run, from: "cat" }).send({
          ...{ type: "agent.lapsed", agent: "cat", failures: 8, cause: "down" },
        }),
    });
    expect(end).toEqual(finished("2 rounds played"));
    const settled = ofType(records, "question.settled");
    expect(settled).toHaveLength(4);
    for (const { dossier } of settled) {
      expect(dossier.group).toEqual(["ant", "bee"]);
      expect(dossier.verdicts.map(({ verdict }) => verdict)).toEqual(["accept", "accept"]);
      expect(dossier.verified).toHaveLength(2);
    }
  });

  test("is present again when it answers", async () => {
    let down = true;
    const sound = soundScript(1);
    const flaky: Script = { verifier: (call) => (down ? "zzz" : replyOf(sound.verifier, call)) };
    const slow: Script = {
      generator: (call) => ({ ...replyOf(sound.generator, call), delaySeconds: 0.2 }),
    };
    const config = societyConfig({ ...unanchored, rounds: 12, absentAfter: 2 });
    const { end, records } = await play(config, {
      scripts: { cat: flaky, ant: slow },
      onMessage: (message) => {
        if (message.type === "round.opened" && message.round === 3) down = false;
      },
    });
    expect(end).toEqual(finished("12 rounds played"));
    expect(ofType(records, "agent.lapsed")).toHaveLength(1);
    expect(ofType(records, "agent.recovered")).toMatchObject([{ agent: "cat" }]);
    const groups = ofType(records, "question.settled").map(({ dossier }) => dossier.group.length);
    expect([groups[0], groups.includes(2), groups.at(-1)]).toEqual([3, true, 3]);
  });
});

describe("an agent whose machine throws", () => {
  test("leaves with the cause recorded; its calls are aborted and the others continue", async () => {
    const faulty = fixture("../../actors/faulty-model.fixture.ts");
    const models = ["ant", "bee", "cat"].map((name) => ({
      ...{ name, model: name, endpoint: "http://127.0.0.1:9/v1" },
      kind: name === "cat" ? faulty : "model",
    }));
    const config = societyConfig({ ...unanchored, models });
    const asked = sayingOf(({ type }) => type === "solution.offered");
    const { end, records, heard, parts } = await play(config, {
      scripts: { cat: always({ hang: true }) },
      onMessage: asked.onMessage,
      during: async ({ tools }) => {
        await asked.said;
        tools.send([{ type: "remark.made", question: "any", kind: "test", text: "go" }]);
      },
    });
    expect(end).toEqual(finished("2 rounds played"));
    expect(ofType(records, "agent.failed")).toMatchObject([
      { agent: "cat", where: "its state machine", cause: "a bug in the machine" },
    ]);
    expect(ofType(heard, "agent.left")).toMatchObject([
      { agent: "cat", reason: "failed: a bug in the machine" },
    ]);
    const cat = parts.scripted[2];
    expect(cat?.aborts).toBe(cat?.calls);
    const groups = ofType(records, "question.settled").map(({ dossier }) => [
      dossier.round,
      dossier.group.length,
    ]);
    expect(groups).toEqual([
      [0, 3],
      [0, 3],
      [1, 2],
      [1, 2],
    ]);
    for (const { dossier } of ofType(records, "question.settled")) {
      expect(dossier.withheld.every(({ author }) => author === "cat")).toBe(true);
    }
  });

  test("while it poses gets void questions immediately", async () => {
    const faulty = fixture("../../actors/faulty-model.fixture.ts");
    const models = ["ant", "bee", "cat"].map((name) => ({
      ...{ name, model: name, endpoint: "http://127.0.0.1:9/v1" },
      kind: name === "ant" ? faulty : "model",
    }));
    const config = societyConfig({ ...unanchored, models });
    const opened = sayingOf(({ type }) => type === "round.opened");
    const { end, records } = await play(config, {
      scripts: { ant: always({ hang: true }, "generator") },
      onMessage: opened.onMessage,
      during: async ({ tools }) => {
        await opened.said;
        tools.send([{ type: "remark.made", question: "any", kind: "test", text: "go" }]);
      },
    });
    expect(end).toEqual(finished("2 rounds played"));
    expect(ofType(records, "question.voided").map(({ reason }) => reason)).toEqual(
      Array(2).fill("the model left"),
    );
    expect(ofType(records, "round.opened").map(({ generator }) => generator)).toEqual(["ant", "bee"]);
  });

  test("ends the run with the cause if it is essential", async () => {
    const config = societyConfig({ agents: [fixture("../../actors/faulty-institution.fixture.ts")] });
    const { end, records } = await play(config);
    expect(end).toEqual({
      outcome: "failed",
      cause: new Error("agent faulty failed: a bug in the institution"),
    });
    expect(ofType(records, "agent.failed")).toMatchObject([
      { agent: "faulty", where: "its state machine", cause: "a bug in the institution" },
    ]);
    expect(ofType(records, "run.finished")).toEqual([]);
  });
});

describe("a training backend that", () => {
  const training = { bufferThreshold: 2, jobAttempts: 1, rounds: 3 } as const;

  test.each([
    ["rejects", () => Promise.reject(new Error("out of memory"))],
    [
      "throws synchronously",
      () => {
        throw new Error("out of memory");
      },
    ],
  ])("%s fails its jobs with the cause; the models continue untrained", async (_, train) => {
    const { end, records } = await play(societyConfig(training), { training: { train } });
    expect(end).toEqual(finished("3 rounds played"));
    expect(ofType(records, "adapter.published")).toEqual([]);
    const failures = ofType(records, "training.failed");
    expect(failures.map(({ model, cause }) => [model, cause])).toEqual(
      ["ant", "bee", "cat"].map((model) => [model, "out of memory"]),
    );
  });

  test("crashes for one model still trains the others", async () => {
    const sound = new TwinTraining();
    const { records } = await play(societyConfig({ ...training, updates: 1, rounds: 9 }), {
      training: {
        train: (order, signal, onStep) =>
          order.model === "bee" ? Promise.reject(new Error("crash")) : sound.train(order, signal, onStep),
      },
    });
    expect(ofType(records, "training.failed").map(({ job, cause }) => [job, cause])).toEqual([
      ["bee@v1", "crash"],
    ]);
    expect(
      ofType(records, "adapter.published")
        .map(({ job }) => job)
        .toSorted(),
    ).toEqual(["ant@v1", "cat@v1"]);
  });

  test("dies during a job is retried after a pause, visibly; the job runs once", async () => {
    const sound = new TwinTraining();
    const died = new Set<string>();
    const config = societyConfig({
      ...training,
      jobAttempts: 2,
      jobBackoffSeconds: 0.01,
      updates: 1,
      rounds: 9,
    });
    const { records, heard } = await play(config, {
      training: {
        train: (order, signal, onStep) => {
          if (died.has(order.job)) return sound.train(order, signal, onStep);
          died.add(order.job);
          return Promise.reject(new TrainingError("worker-ended", "killed by SIGKILL", { permanent: false }));
        },
      },
    });
    const jobs = ["ant@v1", "bee@v1", "cat@v1"];
    const retries = ofType(heard, "training.progressed").filter(({ state }) => state === "retrying");
    expect(retries.map(({ job, cause }) => [job, cause]).toSorted()).toEqual(
      jobs.map((job) => [job, "killed by SIGKILL"]),
    );
    expect(
      ofType(records, "adapter.published")
        .map(({ job }) => job)
        .toSorted(),
    ).toEqual(jobs);
    expect(sound.jobs.toSorted()).toEqual(jobs);
  });

  test("can never train a model is not retried, and the model is reported as untrained", async () => {
    const asked: string[] = [];
    const { records } = await play(societyConfig({ ...training, jobAttempts: 2, rounds: 9 }), {
      training: {
        train: ({ job }) => {
          asked.push(job);
          return Promise.reject(
            new TrainingError("base-missing", "no checkpoint there", { permanent: true }),
          );
        },
      },
    });
    expect(asked.toSorted()).toEqual(["ant", "bee", "cat"].flatMap((name) => [`${name}@v1`, `${name}@v2`]));
    const notes = ofType(records, "agent.failed").map(({ agent, where, cause }) => [agent, where, cause]);
    const cause =
      "2 jobs in a row failed, so it continues without training; the last cause: no checkpoint there";
    expect(notes.toSorted()).toEqual(["ant", "bee", "cat"].map((agent) => [agent, "training", cause]));
  });

  test("makes a model worse is refused by the gate, and the old weights stay", async () => {
    const sick = ({ adapter, prompt }: { adapter?: string | undefined; prompt: string }) =>
      adapter === undefined ? `ans ${prompt.includes("1+2?") ? 3 : 0}` : "ans 9";
    const config = societyConfig({ ...training, updates: 1, rounds: 9, contextShare: 0, gateLevel: 0.5 });
    const { records, parts } = await play(config, { scripts: { cat: { solver: sick } } });
    expect(ofType(records, "adapter.rejected")).toMatchObject([
      {
        ...{ job: "cat@v1", before: 1, after: 0 },
        cause: "zeroShot accuracy fell from 100.0 to 0.0 points (1 problems lost, 0 won, sign test p = 0.50)",
      },
    ]);
    const last = ofType(records, "anchor.measured").findLast(({ model }) => model === "cat");
    expect(last).toMatchObject({ adapter: 0, zeroShot: { correct: 1, total: 1 } });
    expect(parts.scripted[0]?.adapters).toEqual([servedAs("ant", 1)]);
  });

  test("hangs is aborted with the run; after a resume each job runs once", async () => {
    const config = societyConfig({ ...training, updates: 1, rounds: 2 });
    const signals: AbortSignal[] = [];
    const hanging = Promise.withResolvers<void>();
    const first = await play(config, {
      training: {
        train: (_, signal) => {
          signals.push(signal);
          hanging.resolve();
          return new Promise((__, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        },
      },
      during: async (run) => {
        await hanging.promise;
        await run.stop();
      },
    });
    expect(first.end).toEqual({ outcome: "stopped" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(ofType(first.records, "training.failed")).toEqual([]);
    const sound = new TwinTraining();
    const second = await play(config, { resume: true, training: sound });
    expect(second.end.outcome).toBe("finished");
    expect(sound.jobs.toSorted()).toEqual(["ant@v1", "bee@v1", "cat@v1"]);
    expect(ofType(second.records, "training.requested")).toHaveLength(3);
    expect(ofType(second.records, "adapter.published")).toHaveLength(3);
  });
});

describe("stopping and resuming", () => {
  test("a stop aborts running calls; after a resume every question settles once", async () => {
    const config = societyConfig({ rounds: 3, questionsPerRound: 3 });
    const settled = sayingOf(({ type }) => type === "question.settled");
    let asked = 0;
    const first = await play(config, {
      scripts: {
        bee: { solver: ({ prompt }) => (asked++ < 2 ? { text: "ans 0" } : { hang: true, text: prompt }) },
      },
      onMessage: settled.onMessage,
      during: async (run) => {
        await settled.said;
        await run.stop();
      },
    });
    expect(first.end).toEqual({ outcome: "stopped" });
    const bee = first.parts.scripted[1];
    expect(bee?.aborts).toBeGreaterThan(0);
    const before = questionsOf(first.records);
    expect(before.length).toBeGreaterThan(0);
    const { generator = [] } = soundScript(99);
    const fresh = { generator };
    const second = await play(config, { resume: true, scripts: { ant: fresh, bee: fresh, cat: fresh } });
    expect(second.end).toEqual(finished("3 rounds played"));
    const all = questionsOf(second.records);
    expect(all).toEqual(expect.arrayContaining(before));
    expect([all.length, new Set(all).size]).toEqual([9, 9]);
    expect(
      ofType(second.records, "round.opened").map(({ round, attempt, count }) => [round, attempt, count]),
    ).toEqual([
      [0, 0, 3],
      [0, 1, 3 - before.length],
      [1, 0, 3],
      [2, 0, 3],
    ]);
  });

  test("a finished run resumes with the same end", async () => {
    const config = societyConfig({ rounds: 1 });
    const first = await play(config);
    const second = await play(config, { resume: true });
    expect(second.end).toEqual(first.end);
    expect(second.records).toEqual(first.records);
  });

  test("a run can be stopped twice and closed twice", async () => {
    const config = societyConfig();
    const run = await startRun({ config }, scriptedParts(config));
    await Promise.all([run.stop(), run.stop()]);
    await run.close();
    expect(await run.ended).toEqual({ outcome: "stopped" });
  });
});

describe("what ends or prevents a run", () => {
  test("a run whose journal cannot be written ends with the cause", async () => {
    const config = societyConfig();
    const opened = sayingOf(({ type }) => type === "round.opened");
    const parts = scriptedParts(config);
    const run = await startRun({ config, onMessage: opened.onMessage }, parts);
    const database = new DatabaseSync(join(runFolder(config), "run.db"));
    await opened.said;
    database.exec("PRAGMA busy_timeout = 5000; DROP TABLE IF EXISTS records");
    database.close();
    const end = await run.ended;
    expect(end).toMatchObject({
      outcome: "failed",
      cause: expect.objectContaining({ message: expect.any(String) }),
    });
    await run.close();
  });

  test("two agents with the same name prevent a run, and nothing keeps running", async () => {
    const models = ["ant", "critic"].map((name) => ({
      name,
      model: name,
      endpoint: "http://127.0.0.1:9/v1",
    }));
    const critic = fileURLToPath(new URL("../../examples/critic/critic.ts", import.meta.url));
    const config = societyConfig({ models, agents: [critic] });
    const parts = scriptedParts(config);
    await expect(startRun({ config }, parts)).rejects.toThrow("two agents are named critic");
    expect(parts.bus.connected).toBe(false);
    expect(readRecords(config).filter(({ type }) => type === "round.opened")).toEqual([]);
  });

  test("an invalid agent type prevents a run; the error has its name", async () => {
    const config = societyConfig({ agents: ["./no-such-agent.ts"] });
    const parts = scriptedParts(config);
    await expect(startRun({ config }, parts)).rejects.toThrow(
      /^agents\[0\]: \S*no-such-agent\.ts is not there; expected a module with/,
    );
    expect(parts.bus.connected).toBe(false);
  });

  test("a run that exists is not created again", async () => {
    const config = societyConfig({ rounds: 1 });
    await play(config);
    await expect(startRun({ config }, scriptedParts(config))).rejects.toMatchObject({
      code: "AGORA_JOURNAL_EXISTS",
    });
  });
});
