/** The report of a finished run, and its extension. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { agoraEnded } from "../agora.fixture.ts";
import { playRun, readRecords } from "../host/play.ts";
import { scriptedParts } from "../host/scripted-society.ts";
import { societyConfig } from "../host/society.fixture.ts";
import { readStoredRun, withNewGoals } from "./stored-config.ts";

const playMeasured = async () => {
  const config = societyConfig({ rounds: 3, bufferThreshold: 4, externalAnchor: false, gate: false });
  const result = await playRun({ config, parts: scriptedParts(config), problems: 1 });
  return { config, result };
};

describe("agora report", () => {
  test("writes a page with accuracy, training, curriculum, tokens and the command to repeat the run", async () => {
    const { config, result } = await playMeasured();
    const { code, out, err } = await agoraEnded("report", "test", "--runs", config.runsFolder);
    expect([code, err]).toEqual([0, ""]);
    const file = join(result.folder, "report.md");
    expect(out).toBe(`Written to ${file}\n`);
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^# Run test\n\nfinished: 3 rounds played; 3 rounds, \d+ questions settled/);
    expect(text).toMatch(
      /\| scripted \| ant@v1 \| 1 \| 100\.0 % \(20\.7–100\.0\) \| 100\.0 % \(20\.7–100\.0\) \| \+0\.0 \(/,
    );
    expect(text).toMatch(/\| ant@v1 \| \d+ \| \d+ \| published \|/);
    expect(text).toMatch(/## Curriculum\n\nDifficulty 3\.00 → /);
    expect(text).toMatch(/\| solver \| \d+ \| \d+ \| \d+ \|/);
    expect(text).toContain(
      `npm run agora -- run --config ${join(result.folder, "config.yaml")} --set run=test-again`,
    );
  });

  test("quotes the path in the command for a shell", async () => {
    const { config, result } = await playMeasured();
    const runs = join(config.runsFolder, "sp ace");
    mkdirSync(runs);
    renameSync(result.folder, join(runs, "test"));
    expect((await agoraEnded("report", "test", "--runs", runs)).code).toBe(0);
    expect(readFileSync(join(runs, "test", "report.md"), "utf8")).toContain(
      `run --config '${join(runs, "test", "config.yaml")}' --set run=test-again`,
    );
  });

  test("names the repetition so that it may be a run, whatever the run's folder is called now", async () => {
    const { config, result } = await playMeasured();
    const nameIn = async (run: string): Promise<string> => {
      cpSync(result.folder, join(config.runsFolder, run), { recursive: true });
      expect((await agoraEnded("report", run, "--runs", config.runsFolder)).code).toBe(0);
      const text = readFileSync(join(config.runsFolder, run, "report.md"), "utf8");
      return / --set run=(.*)$/m.exec(text)?.[1] ?? "";
    };
    expect(await nameIn("a".repeat(64))).toBe(`${"a".repeat(58)}-again`);
    expect(await nameIn("my run; 2")).toBe("my-run--2-again");
    const fork = await agoraEnded("fork", "my run; 2", "--round", "0", "--runs", config.runsFolder, "--json");
    expect(JSON.parse(fork.out)).toMatchObject({ run: "my-run--2-fork1" });
  });

  test("repeats the run with the configuration it writes", async () => {
    const { config, result } = await playMeasured();
    await agoraEnded("report", "test", "--runs", config.runsFolder);
    const {
      run: _run,
      runsFolder: _folder,
      ...again
    } = loadConfig({
      file: join(result.folder, "config.yaml"),
      env: {},
    });
    const { run: _name, runsFolder: _runs, ...first } = config;
    expect(again).toEqual(first);
  });

  test("--json prints its facts, and --output names the file", async () => {
    const { config } = await playMeasured();
    const output = join(config.runsFolder, "page.md");
    const said = await agoraEnded(
      "report",
      "test",
      "--runs",
      config.runsFolder,
      "--json",
      "--output",
      output,
    );
    const facts = JSON.parse(said.out);
    expect(facts).toMatchObject({ file: output, run: "test", rounds: 3 });
    expect(facts.comparisons).toContainEqual(
      expect.objectContaining({ model: "ant", kind: "zero-shot", set: "scripted", version: 1 }),
    );
    expect(existsSync(output)).toBe(true);
  });
});

test("report and fork need no key of an endpoint", async () => {
  const apiKeyEnv = "AGORA_KEY_OF_NOBODY";
  const models = ["ant", "bee"].map((name) => ({
    ...{ name, model: name, endpoint: "http://127.0.0.1:9/v1", apiKeyEnv },
  }));
  const config = societyConfig({ models, externalAnchor: false, lora: false }, { [apiKeyEnv]: "secret" });
  await playRun({ config, parts: scriptedParts(config), problems: 0 });
  const given = ["test", "--runs", config.runsFolder];
  const report = await agoraEnded("report", ...given);
  expect([report.code, report.err]).toEqual([0, ""]);
  const fork = await agoraEnded("fork", ...given, "--round", "0", "--json");
  expect([fork.code, fork.err]).toEqual([0, ""]);
  expect(JSON.parse(fork.out)).toMatchObject({ run: "test-fork1", parent: "test" });
});

describe("a run that has finished", () => {
  const roundsIn = (records: readonly Message[]) =>
    records.filter(({ type }) => type === "round.closed").length;

  test("continues to new goals, which its journal stores", async () => {
    const { config, result } = await playMeasured();
    const stored = readStoredRun("test", config.runsFolder);
    const further = withNewGoals(stored, ["rounds=5"]);
    const longer = await playRun({
      ...{ config: further, parts: scriptedParts(further), problems: 1, resume: true, extend: true },
    });
    expect(longer.end).toEqual({ outcome: "finished", reason: "5 rounds played" });
    const records = readRecords(result.folder);
    expect(roundsIn(records)).toBe(5);
    expect(records.slice(0, stored.records.length)).toEqual(stored.records);
    expect(readStoredRun("test", config.runsFolder).config.rounds).toBe(5);
    const once = await playRun({
      ...{ config: further, parts: scriptedParts(further), problems: 0, resume: true },
    });
    expect(once.end).toEqual(longer.end);
    expect(readRecords(result.folder)).toHaveLength(records.length);
  });

  test("keeps the rest of its configuration, and reports a goal that is already reached", async () => {
    const { config } = await playMeasured();
    const stored = readStoredRun("test", config.runsFolder);
    const usage = (message: RegExp) =>
      expect.objectContaining({ code: "AGORA_USAGE", message: expect.stringMatching(message) });
    expect(() => withNewGoals(stored, ["questionsPerRound=9"])).toThrow(
      usage(/expected one of rounds, updates, tokens/),
    );
    expect(() => withNewGoals(stored, ["rounds=3"])).toThrow(usage(/has reached rounds=3: 3 are played/));
    expect(() => withNewGoals(stored, ["updates=9"])).toThrow(usage(/has reached rounds=3/));
    expect(() => withNewGoals(stored, ["rounds=4", "updates=1"])).toThrow(usage(/has reached updates=1/));
    expect(withNewGoals(stored, ["rounds=4", "updates=9"])).toEqual({ ...config, rounds: 4, updates: 9 });
  });
});
