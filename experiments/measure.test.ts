/** Measuring a scripted society whose members differ after the run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Parts, startRun } from "../cli/host/host.ts";
import { playRun, readRecords } from "../cli/host/play.ts";
import { scriptedParts, scriptedTask, soundSolution } from "../cli/host/scripted-society.ts";
import { societyConfig } from "../cli/host/society.fixture.ts";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Draft } from "../runtime/messages.ts";
import type { ModelCall } from "../runtime/model/model.ts";
import type { Script, ScriptedReply } from "../runtime/model/scripted.ts";
import { finalReadings } from "./final-readings.ts";
import { measureRun } from "./measure.ts";
import { resultBlock } from "./result.ts";

const down = { fail: 500 };

describe("a member that is absent at the end", () => {
  /** Cat answers nothing while the society plays. */
  const playWithout = async (afterwards: ScriptedReply) => {
    const config = societyConfig({
      ...{ rounds: 3, questionsPerRound: 1, lora: false, externalAnchor: false },
      ...{ workAttempts: 1, absentAfter: 1 },
    });
    let measuring = false;
    const reply = (): ScriptedReply => (measuring ? afterwards : down);
    const silent = ["generator", "solver", "verifier", "voter", "explainer"];
    const cat = Object.fromEntries(silent.map((role) => [role, reply]));
    const lapsed: string[] = [];
    const result = await playRun({
      ...{ config, parts: scriptedParts(config, { scripts: { cat } }), problems: 1 },
      onMessage: (message) => void (message.type === "agent.lapsed" && lapsed.push(message.agent)),
      onMeasuring: () => {
        measuring = true;
      },
    });
    expect([result.end.outcome, lapsed.includes("cat")]).toEqual(["finished", true]);
    return result;
  };

  test("is measured like the others if it answers again", async () => {
    const { measures } = await playWithout("ans 4");
    expect(measures?.curve).toEqual([{ generation: 0, scores: { ant: 1, bee: 1, cat: 1 } }]);
    expect(measures?.eliteAfter).toEqual({ ant: 1, bee: 1, cat: 1 });
    expect(measures?.unmeasured).toEqual({});
  });

  test("is reported with the cause if it does not, and the others are measured", async () => {
    const result = await playWithout(down);
    expect(result.measures?.curve).toEqual([{ generation: 0, scores: { ant: 1, bee: 1 } }]);
    expect(Object.keys(result.measures?.unmeasured ?? {})).toEqual(["cat"]);
    expect(resultBlock(result)).toMatch(/cat could not be measured: .*500/);
  });
});

describe("the curve", () => {
  const trained = (version: number): Draft[] => [
    {
      type: "training.requested",
      ...{ job: `ant@v${version}`, model: "ant", generation: version, version, previous: version - 1 },
      samples: [],
    },
    {
      type: "adapter.published",
      ...{ job: `ant@v${version}`, model: "ant", version, folder: "", before: 0, after: 0 },
    },
  ];
  const withdrawn: Draft = {
    type: "adapter.withdrawn",
    ...{ model: "ant", version: 1, restored: 0, cause: "worse" },
  };

  /** The first version of ant errs, and its second does not. */
  const measure = async (...drafts: Draft[]) => {
    const config = societyConfig({ rounds: 1, lora: false, externalAnchor: false });
    const solver = (call: ModelCall) => (call.adapter?.endsWith("@v1") ? "ans 0" : soundSolution(call));
    const parts = scriptedParts(config, { scripts: { ant: { solver } } });
    const run = await startRun({ config }, parts);
    onTestFinished(() => run.close());
    await run.ended;
    const subjects = { tools: run.tools, task: parts.task, members: run.members() };
    const records = [...readRecords(run.folder), ...drafts.map((draft) => sealed(draft))];
    return measureRun(subjects, records, { problems: 1, seed: 1 });
  };

  test("keeps what a generation had learned when its version is withdrawn later", async () => {
    const { curve } = await measure(...trained(1), withdrawn, ...trained(2));
    const [others, sound] = [
      { bee: 1, cat: 1 },
      { ant: 1, bee: 1, cat: 1 },
    ];
    expect(curve).toEqual([
      { generation: 0, scores: sound },
      { generation: 1, scores: { ...others, ant: 0 } },
      { generation: 1, withdrawn: "ant@v1", scores: sound },
      { generation: 2, scores: sound },
    ]);
  });

  test("ends with the weights in force", async () => {
    const { curve, eliteAfter } = await measure(...trained(1));
    expect([curve.at(-1)?.scores.ant, eliteAfter.ant]).toEqual([0, 0]);
  });
});

describe("what was measured", () => {
  const config = () => societyConfig({ rounds: 1, questionsPerRound: 1, lora: false, externalAnchor: false });

  test("is in the journal, problem by problem, and in result.json", async () => {
    const settings = config();
    const result = await playRun({ config: settings, parts: scriptedParts(settings), problems: 1 });
    const taken = readRecords(result.folder).filter((record) => record.type === "measure.taken");
    expect(taken.map(({ model, kind, set }) => `${model} ${kind} ${set}`)).toContain(
      "ant zero-shot scripted",
    );
    const [first] = taken.filter(({ kind }) => kind === "zero-shot");
    expect(first?.answers).toEqual([
      { problem: "benchmark-0", answer: "4", right: true, tokens: expect.any(Object) },
    ]);
    const facts = JSON.parse(readFileSync(join(result.folder, "result.json"), "utf8"));
    expect(facts).toMatchObject({ run: "test", outcome: "finished", measuring: "done", rounds: 1 });
    expect(facts.measures.curve).toEqual(result.measures?.curve);
  });

  test("is not measured again: a resumed run reads it", async () => {
    const settings = config();
    const first = await playRun({ config: settings, parts: scriptedParts(settings), problems: 1 });
    const again = scriptedParts(settings, {
      scripts: Object.fromEntries(["ant", "bee", "cat"].map((name) => [name, { solver: () => down }])),
    });
    const second = await playRun({ config: settings, parts: again, problems: 1, resume: true });
    expect(second.measures).toEqual(first.measures);
    const taken = readRecords(first.folder).filter(({ type }) => type === "measure.taken");
    expect(new Set(taken.map((record) => JSON.stringify(record))).size).toBe(taken.length);
  });

  test("is measured again where a set has got other problems, and reports read that", async () => {
    const settings = config();
    await playRun({ config: settings, parts: scriptedParts(settings), problems: 1 });
    const benchmark = () => [{ id: "benchmark-1", question: "2+3", answer: "5" }];
    const again = (): Parts => {
      const parts = scriptedParts(settings);
      return { ...parts, task: { ...parts.task, benchmark } };
    };
    const { measures, folder } = await playRun({
      config: settings,
      parts: again(),
      problems: 1,
      resume: true,
    });
    expect(measures?.curve[0]?.scores.ant).toBe(1);
    const final = () =>
      finalReadings(readRecords(folder)).find(({ model }) => model === "ant")?.reading.answers;
    expect(final()).toMatchObject([{ problem: "benchmark-1", answer: "5", right: true }]);
    const before = readRecords(folder).filter(({ type }) => type === "measure.taken").length;
    await playRun({ config: settings, parts: again(), problems: 1, resume: true });
    expect(readRecords(folder).filter(({ type }) => type === "measure.taken")).toHaveLength(before);
  });

  test("is kept when measuring is interrupted, and measuring continues from there", async () => {
    const settings = config();
    const stopping = new AbortController();
    let measuring = false;
    const solver: Script[string] = () => (measuring ? { hang: true } : "ans 4");
    const parts = scriptedParts(settings, { scripts: { cat: { solver } } });
    const began = performance.now();
    const result = await playRun({
      ...{ config: settings, parts, problems: 1, signal: stopping.signal },
      onMeasuring: () => {
        measuring = true;
        setTimeout(() => stopping.abort(new Error("stopped by its user")), 300);
      },
    });
    expect(performance.now() - began).toBeLessThan(20_000);
    expect([result.end.outcome, result.measuring]).toEqual(["finished", "interrupted"]);
    expect(result.measures).toBeUndefined();
    expect(resultBlock(result)).toContain("Measuring was interrupted");
    const whole = await playRun({
      ...{ config: settings, parts: scriptedParts(settings), problems: 1, resume: true },
    });
    expect(whole.measures?.curve).toEqual([{ generation: 0, scores: { ant: 1, bee: 1, cat: 1 } }]);
  });

  test("is kept answer by answer: what was interrupted goes on with the problems that are missing", async () => {
    const settings = config();
    const asked: number[] = [];
    const playAgain = (solver: Script[string], resume: boolean) =>
      playRun({
        ...{ config: settings, problems: 1, resume },
        parts: {
          ...scriptedParts(settings, { scripts: { ant: { solver } } }),
          task: { ...scriptedTask, samples: () => 3 },
        },
      });
    const counted = (fails: boolean): Script[string] => {
      asked.push(0);
      const place = asked.length - 1;
      return ({ prompt }) => {
        if (!prompt.endsWith("2+2?")) return "ans 4";
        asked[place] = (asked[place] ?? 0) + 1;
        return fails && (asked[place] ?? 0) > 2 ? down : "ans 4";
      };
    };
    const first = await playAgain(counted(true), false);
    expect(Object.keys(first.measures?.unmeasured ?? {})).toEqual(["ant"]);
    const second = await playAgain(counted(false), true);
    expect(second.measures?.unmeasured).toEqual({});
    expect(second.measures?.curve[0]?.scores.ant).toBe(1);
    // One zero-shot answer was missing, and all three with examples.
    expect(asked[1]).toBe(1 + 3);
  });
});
