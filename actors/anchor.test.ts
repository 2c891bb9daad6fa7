/** Readings on the anchor, in a whole society with scripted models. */
import { describe, expect, test } from "vitest";
import { scriptedParts, soundSolution } from "../cli/host/scripted-society.ts";
import { ofType, play, playWith, societyConfig } from "../cli/host/society.fixture.ts";
import type { ModelCall } from "../runtime/model/model.ts";
import type { ScriptedRole } from "../runtime/model/scripted.ts";
import type { Task } from "../runtime/task.ts";

const trained = { bufferThreshold: 2, updates: 1, rounds: 9, jobAttempts: 1, contextShare: 0 } as const;
const isAnchor = ({ prompt }: ModelCall): boolean => prompt.endsWith("1+2?");

/** Fails at the anchor's only problem as often as given, for each version, then solves it. */
const faltering = (failures: number) => {
  const calls: ModelCall[] = [];
  const solver: ScriptedRole = (call) => {
    if (!isAnchor(call)) return "ans 0";
    const before = calls.filter(({ adapter, prompt }) => adapter === call.adapter && prompt === call.prompt);
    calls.push(call);
    return before.length < failures ? { fail: 503 } : "ans 3";
  };
  return { calls, solver };
};

describe("a reading", () => {
  test("marks every problem", async () => {
    const { records } = await play(societyConfig(trained));
    const readings = ofType(records, "anchor.measured");
    expect(readings.map(({ purpose }) => purpose)).toContain("gate");
    for (const { zeroShot, eliteShot } of readings) {
      expect([zeroShot, eliteShot]).toEqual(Array(2).fill({ correct: 1, total: 1, marks: "1" }));
    }
  });

  test("has its answers read by the task, and by the pack where the task reads none", async () => {
    const config = societyConfig(trained);
    const solver: ScriptedRole = (call) => (isAnchor(call) ? "ans 7" : soundSolution(call));
    const scripts = Object.fromEntries(["ant", "bee", "cat"].map((name) => [name, { solver }]));
    const marksWith = async (answer: Task["answer"]) => {
      const parts = scriptedParts(config, { scripts });
      const task = { ...parts.task, ...(answer === undefined ? {} : { answer }) };
      const { heard } = await playWith(societyConfig(trained), { ...parts, task });
      return new Set(ofType(heard, "anchor.measured").map(({ zeroShot }) => zeroShot.marks));
    };
    expect(await marksWith(undefined)).toEqual(new Set(["0"]));
    expect(await marksWith(() => undefined)).toEqual(new Set(["0"]));
    expect(await marksWith((_, reply) => (reply === "ans 7" ? "3" : undefined))).toEqual(new Set(["1"]));
  });

  test("repeats a failed call with the same seed", async () => {
    const { calls, solver } = faltering(1);
    const { heard, records } = await play(societyConfig(trained), { scripts: { cat: { solver } } });
    expect(ofType(heard, "anchor.missed")).toEqual([]);
    const published = ofType(records, "adapter.published");
    expect(published.find(({ model }) => model === "cat")).toMatchObject({ before: 1, after: 1 });
    const [failed, again] = calls;
    expect(again).toEqual(failed);
  });

  test("a failed reading leaves the finished weights in the folder that the cause names", async () => {
    const { solver } = faltering(99);
    const { records } = await play(societyConfig(trained), { scripts: { cat: { solver } } });
    const [failed, ...others] = ofType(records, "training.failed");
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ job: "cat@v1", folder: expect.stringMatching(/adapters\/cat@v1$/) });
    expect(failed?.cause).toMatch(
      /^the gate could not measure: .*503.*finished weights stay in .*cat@v1 and/,
    );
  });
});
