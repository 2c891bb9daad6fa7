/** What an operator does to a run that is played: its effects, its records and its refusals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { heard, said } from "../../machines/machines.fixture.ts";
import { loadPack } from "../../prompts/pack.ts";
import type { ActDone, ActRequest } from "../../runtime/acts.ts";
import { until } from "../../runtime/bus/bus.conformance.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import type { Message, MessageType } from "../../runtime/messages.ts";
import { deadLetterSubject } from "../../runtime/wire/reader.ts";
import { createWire } from "../../runtime/wire/wire.ts";
import { RunActs } from "./acts.ts";
import { actSubject } from "./acts-over-bus.ts";
import { forkRun } from "./fork.ts";
import { type Run, runFolder } from "./host.ts";
import { packFolder } from "./packs.ts";
import { scriptedParts } from "./scripted-society.ts";
import { ofType, play, playWith, readRecords, societyConfig } from "./society.fixture.ts";

/** A society that ends only when it is stopped. */
const endless = { rounds: 1000, questionsPerRound: 2 };

interface Following {
  /** Resolves with the next message of this type, or with an earlier one that nobody has waited for. */
  next<T extends MessageType>(type: T): Promise<Message>;
  onMessage(message: Message): void;
}

const following = (): Following => {
  const heard: Message[] = [];
  const arrivals = new EventTarget();
  return {
    next: async (type) => {
      for (;;) {
        const place = heard.findIndex((message) => message.type === type);
        const [found] = place < 0 ? [] : heard.splice(0, place + 1).slice(-1);
        if (found !== undefined) return found;
        await once(arrivals, "message");
      }
    },
    onMessage: (message) => {
      heard.push(message);
      arrivals.dispatchEvent(new Event("message"));
    },
  };
};

const refusal = (performed: Promise<ActDone>): Promise<{ code?: string; message?: string }> =>
  performed.then(
    () => ({}),
    (error: unknown) => error as { code?: string; message?: string },
  );

const acting = async (
  during: (act: (request: ActRequest) => Promise<ActDone>, follow: Following, run: Run) => Promise<void>,
  config = societyConfig(endless),
  options: { readonly resume?: boolean } = {},
) => {
  const follow = following();
  return play(config, {
    ...options,
    onMessage: follow.onMessage,
    during: async (run) => {
      await during((request) => run.acts.perform({ operator: "ada", ...request } as ActRequest), follow, run);
      await run.stop();
    },
  });
};

describe("an operator", () => {
  test("pauses, steps and resumes the run, and each act is recorded with its name", async () => {
    const { records } = await acting(async (act, { next }) => {
      await next("round.opened");
      await act({ act: "pause" });
      await next("round.closed");
      await act({ act: "step" });
      await next("round.closed");
      expect(await refusal(act({ act: "pause" }))).toMatchObject({ code: "AGORA_ACT_STATE" });
      await act({ act: "resume" });
      await next("round.closed");
      expect(await refusal(act({ act: "resume" }))).toMatchObject({ message: "the run is not paused" });
    });
    const acts = records.filter(({ type }) => type.startsWith("operator."));
    expect(acts.map(({ type }) => type)).toEqual([
      ...["operator.paused", "operator.stepped", "operator.resumed"],
    ]);
    expect(acts).toMatchObject([
      { from: "operator", operator: "ada" },
      { operator: "ada" },
      { operator: "ada" },
    ]);
    const between = records.slice(records.indexOf(acts[0] as Message), records.indexOf(acts[1] as Message));
    expect(ofType(between, "round.opened")).toEqual([]);
  });

  test("acts over the bus under the same checks, and nothing that was not checked is recorded", async () => {
    const config = societyConfig(endless);
    const parts = scriptedParts(config);
    const follow = following();
    const ask = async (body: unknown): Promise<unknown> => {
      const request = new TextEncoder().encode(JSON.stringify(body));
      const answer = await parts.bus.request(actSubject(config.run), request, {
        timeoutMilliseconds: 30_000,
      });
      return JSON.parse(new TextDecoder().decode(answer));
    };
    const { records } = await playWith(config, parts, {
      onMessage: follow.onMessage,
      during: async (run) => {
        await follow.next("round.opened");
        const done = { run: config.run, operator: "ada" };
        expect(await ask({ act: "pause", operator: "ada" })).toMatchObject(done);
        expect(await ask({ act: "pause", operator: "ada" })).toMatchObject({ code: "AGORA_ACT_STATE" });
        expect(await ask({ act: "rollback", model: "nobody" })).toMatchObject({ code: "AGORA_ACT_VALUE" });
        expect(await ask({ act: "ask", text: "2+2", secnods: 3 })).toMatchObject({ code: "AGORA_ACT_VALUE" });
        const letters: unknown[] = [];
        parts.bus.subscribe(deadLetterSubject(config.run), (letter) => void letters.push(letter));
        const stranger = createWire({
          bus: parts.bus,
          run: config.run,
          from: "operator",
          onSendError: () => {},
        });
        stranger.send({ type: "operator.resumed", act: "own", operator: "eve" });
        stranger.send({ type: "operator.stopped", act: "own", operator: "eve" });
        await stranger.drain();
        stranger.close();
        await until(() => letters.length === 2);
        await run.stop();
      },
    });
    expect(ofType(records, "operator.paused")).toMatchObject([{ from: "operator", operator: "ada" }]);
    expect(records.filter(({ type }) => type.startsWith("operator."))).toHaveLength(1);
  });

  test("finds the run paused after it was stopped and continued", async () => {
    const config = societyConfig(endless);
    await acting(async (act, { next }) => {
      await next("round.opened");
      await act({ act: "pause" });
    }, config);
    const again = await acting(
      async (act, { next }, run) => {
        const { actor } =
          [...run.house.residents()].find(({ residence }) => residence.name === "supervisor") ?? {};
        await next("agent.joined");
        expect(actor?.getSnapshot().value).toMatch(/gathering|paused/);
        await act({ act: "resume" });
        await next("round.opened");
      },
      config,
      { resume: true },
    );
    expect(ofType(again.records, "operator.resumed")).toHaveLength(1);
  });

  test("finds the run paused and set after kill -9", async () => {
    const config = societyConfig(endless);
    const fixture = fileURLToPath(new URL("./acts-kill.fixture.ts", import.meta.url));
    const child = spawn(process.execPath, [fixture, JSON.stringify(config)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const before = ofType(readRecords(config), "round.opened").length;
    const { records } = await acting(
      async (act, { next }, run) => {
        const supervisor = [...run.house.residents()].find(
          ({ residence }) => residence.name === "supervisor",
        );
        await expect.poll(() => supervisor?.actor.getSnapshot().value).toBe("paused");
        await act({ act: "resume" });
        await next("round.opened");
      },
      config,
      { resume: true },
    );
    const opened = ofType(records, "round.opened");
    expect(opened[before]).toMatchObject({ difficulty: 5, components: { fem: false } });
  });

  test("sets what the next round opens with, and the questions of that round are played by it", async () => {
    const { records } = await acting(async (act, { next }) => {
      await next("round.opened");
      await act({ act: "set", difficulty: 5, strategy: "elite", components: { validVote: false } });
      await next("round.closed");
      await next("round.closed");
    });
    const [first, second] = ofType(records, "round.opened");
    expect([first?.components, second?.components]).toEqual([undefined, { validVote: false }]);
    expect(second).toMatchObject({ difficulty: 5, strategy: "elite" });
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier);
    for (const { round, solutions, verdicts, verified } of settled) {
      expect(verdicts.length > 0).toBe(round === 0);
      expect(verified).toHaveLength(solutions.length);
    }
    expect(ofType(records, "strategy.changed")[0]).toMatchObject({ cause: "set by ada" });
  });

  test.each([
    [{ act: "set", difficulty: 9 }, /difficulty 9 is out of range; expected a number from 1 to 6/],
    [{ act: "set" }, /nothing is set/],
    [{ act: "set", strategy: "fresh", components: { eliteIcl: false } }, /switch eliteIcl on/],
    [{ act: "ask", text: "seven times eight" }, /this is not a problem of the task/],
    [{ act: "reject", model: "dog" }, /no model of the run is called dog; expected one of ant, bee, cat/],
    [{ act: "reject", model: "ant" }, /no adapter of ant is being made/],
    [{ act: "rollback", model: "ant" }, /ant has its base weights/],
    [{ act: "fork", set: ["models=[]"] }, /a fork keeps the rest of the configuration/],
    [{ act: "fork", set: ["fem=perhaps"] }, /fem: "perhaps" does not fit/],
    [{ act: "fork", set: [], round: 700 }, /round 700 of test has not closed/],
  ] as const)("is refused %j with the reason, and nothing is recorded", async (request, reason) => {
    const { records } = await acting(async (act) => {
      const { code, message } = await refusal(act(request as unknown as ActRequest));
      expect(code).toMatch(/^AGORA_ACT_(VALUE|STATE)$/);
      expect(message).toMatch(reason);
    });
    expect(records.filter(({ type }) => type.startsWith("operator."))).toEqual([]);
  });

  test("is told by a rollback of the job that goes on", async () => {
    const ids = (version: number) => ({ job: `ant@v${version}`, model: "ant", version });
    const records = [
      said("adapter.published", { ...ids(1), folder: "" }),
      said("training.requested", { ...ids(2), generation: 2, previous: 1, samples: [] }),
    ];
    const acts: RunActs = new RunActs({
      ...{ config: societyConfig(endless), records, isOver: () => false, stop: () => {} },
      ...{ pack: loadPack(packFolder("pocket")), keep: () => {} },
      send: (draft) => acts.accept(heard(draft)),
    });
    expect(await acts.perform({ act: "rollback", model: "ant" })).toMatchObject({
      effect:
        "ant leaves ant@v1 for the weights before it; ant@v2 is still being made: reject it if it is not wanted either",
    });
  });

  test("stops the run, which goes on later; after the end nothing else can be done", async () => {
    const config = societyConfig(endless);
    const follow = following();
    const { end, records } = await play(config, {
      onMessage: follow.onMessage,
      during: async (run) => {
        await follow.next("round.opened");
        expect(await run.acts.perform({ act: "stop" })).toMatchObject({ operator: "operator" });
        await run.ended;
        const late = await refusal(run.acts.perform({ act: "pause" }));
        expect(late).toMatchObject({
          code: "AGORA_ACT_OVER",
          message: expect.stringContaining("agora resume"),
        });
      },
    });
    expect(end.outcome).toBe("stopped");
    expect(ofType(records, "operator.stopped")).toHaveLength(1);
    const again = await acting(async (_, { next }) => void (await next("round.closed")), config, {
      resume: true,
    });
    expect(ofType(again.records, "round.closed").length).toBeGreaterThan(0);
  });
});

describe("a question that is asked", () => {
  test("is solved, checked and voted on beside the rounds, and counts nowhere", async () => {
    let question = "";
    const { records } = await acting(async (act, { next }) => {
      await next("round.opened");
      question = (await act({ act: "ask", text: "7*8+5" })).question ?? "";
      await next("question.answered");
      await next("round.closed");
    });
    const [answered] = ofType(records, "question.answered");
    expect(answered?.dossier).toMatchObject({ question, author: "operator", text: "7*8+5" });
    expect(answered?.dossier.solutions).toHaveLength(3);
    expect(answered?.dossier.solutions.map(({ answer }) => answer)).toEqual(["1", "1", "1"]);
    expect(answered?.dossier.verified).toHaveLength(3);
    expect(answered?.dossier.ballots.length).toBeGreaterThan(0);
    const settled = ofType(records, "question.settled");
    expect(settled.map(({ dossier }) => dossier.question)).not.toContain(question);
    for (const { settled: counted, voided } of ofType(records, "round.closed"))
      expect(counted + voided).toBe(2);
    const ratings = settled.flatMap((record) => Object.keys(record.ratings));
    expect(ratings).not.toContain("operator");
  });

  test("is played while the run is paused, and again if a crash left it without an answer", async () => {
    const config = societyConfig(endless);
    await acting(async (act, { next }) => {
      await next("round.opened");
      await act({ act: "pause" });
      await next("round.closed");
      await act({ act: "ask", text: "1+2+3" });
      await next("question.answered");
    }, config);
    const journal = Journal.open(runFolder(config));
    const left = { act: "x", operator: "ada", question: "asked-x", text: "2+2*2", seconds: 60 };
    journal.append([{ type: "operator.asked", from: "operator", at: Date.now(), ...left }]);
    journal.close();
    const again = await acting(async (_, { next }) => void (await next("question.answered")), config, {
      resume: true,
    });
    const answers = ofType(again.records, "question.answered").map(({ dossier }) => dossier);
    expect(answers.map(({ text, solutions }) => [text, solutions[0]?.answer])).toEqual([
      ["1+2+3", "6"],
      ["2+2*2", "8"],
    ]);
    expect(ofType(again.records, "round.opened")).toHaveLength(1);
  });

  test("has a deadline of its own", async () => {
    const config = societyConfig(endless);
    const follow = following();
    const slow = { "*": () => ({ text: "fine" }), solver: () => ({ text: "1 ans 1", delaySeconds: 60 }) };
    const { records } = await play(config, {
      scripts: { ant: slow, bee: slow, cat: slow },
      onMessage: follow.onMessage,
      during: async (run) => {
        await follow.next("round.opened");
        await run.acts.perform({ act: "ask", text: "7*8", seconds: 1 });
        await follow.next("question.answered");
        await run.stop();
      },
    });
    const [answered] = ofType(records, "question.answered");
    expect(answered?.reason).toContain("silent until the deadline");
  });
});

describe("a fork", () => {
  test("goes on from the records of the other run with a component switched off", async () => {
    const config = societyConfig({ ...endless, updates: 3 });
    await acting(async (act, { next }) => {
      await next("round.closed");
      await act({ act: "set", components: { fem: false } });
      await next("round.opened");
      await next("round.closed");
      const done = await act({ act: "fork", set: ["lora=false", "rounds=4"], run: "branch" });
      expect(done).toMatchObject({ fork: "branch", effect: expect.stringContaining("agora resume branch") });
    }, config);
    const parent = readRecords(config);
    expect(ofType(parent, "operator.forked")[0]).toMatchObject({ fork: "branch", operator: "ada" });
    const branch = { ...config, run: "branch", lora: false, fem: false, rounds: 4 };
    const copied = readRecords(branch);
    const forked = copied.findIndex(({ type }) => type === "run.forked");
    expect(copied.slice(0, forked)).toEqual(parent.slice(0, forked));
    expect(copied[forked]).toMatchObject({ parent: "test", records: forked, operator: "ada" });
    expect(copied[forked]).toMatchObject({ changed: ["lora=false", "fem=false", "rounds=4"] });
    const played = await play(branch, { resume: true });
    expect(played.end).toMatchObject({ outcome: "finished", reason: "4 rounds played" });
    const rounds = ofType(played.records, "round.closed").map(({ round }) => round);
    expect(rounds).toEqual([0, 1, 2, 3]);
  });

  test("of a finished run begins after an earlier round, or with a goal that is raised", async () => {
    const config = societyConfig();
    await play(config);
    const asked = { parent: "test", runsFolder: config.runsFolder, operator: "ada", act: "f" };
    expect(() => forkRun({ ...asked, set: [] })).toThrow("would have reached rounds=2: 2 are played");
    const early = forkRun({ ...asked, set: ["seed=9"], round: 0 });
    expect(early.fork).toBe("test-fork1");
    const fromStart = await play({ ...config, run: early.fork, seed: 9 }, { resume: true });
    expect(ofType(fromStart.records, "round.closed")).toHaveLength(2);
    const raised = forkRun({ ...asked, set: ["rounds=3"] });
    const longer = await play({ ...config, run: raised.fork, rounds: 3 }, { resume: true });
    expect(longer.end).toMatchObject({ reason: "3 rounds played" });
    expect(() => forkRun({ ...asked, set: [], round: 0, run: "test-fork1" })).toThrow(
      "there is a run called",
    );
  });

  test("leaves a folder alone that is there already", async () => {
    const config = societyConfig();
    await play(config);
    const folder = runFolder({ ...config, run: "notes" });
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    const asked = { parent: "test", runsFolder: config.runsFolder, operator: "ada", act: "f", set: [] };
    expect(() => forkRun({ ...asked, round: 0, run: "notes" })).toThrow("there is a folder called notes");
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });

  test("is not there if its process is killed before it is whole", async () => {
    const config = societyConfig();
    await play(config);
    const { runsFolder } = config;
    const journal = Journal.open(runFolder(config));
    const call = { model: "ant", role: "solver", outcome: "done", calls: 1 } as const;
    const cost = { promptTokens: 9, completionTokens: 9, seconds: 1 };
    journal.append(Array.from({ length: 40_000 }, () => said("call.metered", { ...call, ...cost })));
    journal.close();
    const before = readdirSync(runsFolder);
    const agora = fileURLToPath(new URL("../../entry/agora.js", import.meta.url));
    const asked = ["fork", "test", "--name", "half", "--set", "rounds=9", "--runs", runsFolder];
    const child = spawn(process.execPath, [agora, ...asked]);
    const ended = once(child, "exit");
    await until(() => readdirSync(runsFolder).length > before.length);
    child.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(existsSync(runFolder({ ...config, run: "half" }))).toBe(false);
  });
});
