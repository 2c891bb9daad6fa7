/** The commands that act on a run which another process plays. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { QuestionView } from "../../dashboard/view.ts";
import type { Message } from "../../runtime/messages.ts";
import { agoraEnded } from "../agora.fixture.ts";
import { runFolder, startRun } from "../host/host.ts";
import { scriptedParts, slowScripts } from "../host/scripted-society.ts";
import { ofType, play, readRecords, societyConfig } from "../host/society.fixture.ts";
import { settingsOf } from "./acts.ts";
import { verdictText } from "./ask.ts";
import { openRunDoor, openRunPage } from "./page.ts";

describe("what is set", () => {
  test("is read as numbers, words and switches", () => {
    expect(settingsOf(["difficulty=4.5", "strategy=elite", "fem=false", "lora=true"])).toEqual({
      ...{ act: "set", difficulty: 4.5, strategy: "elite", components: { fem: false, lora: true } },
    });
    expect(settingsOf(["fem=off"].map((pair) => pair.replace("off", "false")))).toEqual({
      ...{ act: "set", components: { fem: false } },
    });
  });

  test.each([
    ["difficulty=high", "difficulty=high cannot be set; expected a number"],
    ["strategy=bold", "expected explore, elite, fresh"],
    ["fem=maybe", "expected true or false"],
    ["fim=false", "did you mean fem=…?"],
    ["lora", "names nothing that can be set"],
    ["difficulty=[", /^difficulty=\[: is not plain YAML \(.*\); expected [^\n]*$/],
    ["difficulty=!custom 3", "difficulty=!custom 3: is not plain YAML (Unresolved tag: !custom)"],
  ])("%s is refused with the reason", (pair, reason) => {
    expect(() => settingsOf([pair])).toThrow(reason);
  });
});

/** A run that this process plays with its page. */
const livingRun = async ({ withPage = true, run: name = "test" } = {}) => {
  const config = societyConfig({ run: name, rounds: 10_000 });
  const scripts = slowScripts(
    config.models.map((model) => model.name),
    0.02,
  );
  const parts = scriptedParts(config, { scripts });
  const run = await startRun({ config }, parts);
  const flags = { port: "0" };
  const page = withPage
    ? await openRunPage({ run, task: parts.task, flags, print: () => {}, onTrouble: () => {} })
    : undefined;
  onTestFinished(async () => {
    await page?.close();
    await run.close();
  });
  return { config, run, page, task: parts.task, on: ["--runs", config.runsFolder] as const };
};

const acts = (records: readonly Message[]) =>
  records.flatMap((record) => ("operator" in record ? [[record.type, record.operator]] : []));

describe("a run that is played", { timeout: 60_000 }, () => {
  test("is asked, paused, set, stepped, resumed, forked and stopped", async () => {
    const { config, run, on } = await livingRun();
    const as = ["--operator", "ada"];
    const asked = await agoraEnded("ask", "test", "7*8+5", ...on, ...as, "--json");
    expect(asked.code).toBe(0);
    const view = JSON.parse(asked.out) as QuestionView;
    expect(view).toMatchObject({ askedBy: "ada", answer: { answer: "1", confidence: 1 }, truth: "1" });
    expect(verdictText(view)).toContain("confidence: 100 %, 6 of 6 checks; exact answer 1: right");
    const paused = await agoraEnded("pause", "test", ...on, ...as);
    expect(paused).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^test: .*no round opens/) });
    const twice = await agoraEnded("pause", "test", ...on);
    expect(twice).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("the run is paused already"),
    });
    await agoraEnded("set", "test", "difficulty=4", "fem=false", ...on, ...as);
    expect(JSON.parse((await agoraEnded("step", "test", ...on, ...as, "--json")).out)).toMatchObject({
      ...{ run: "test", operator: "ada", effect: expect.stringContaining("one round") },
    });
    const rolled = await agoraEnded("adapter", "rollback", "test", "ant", ...on);
    expect(rolled).toMatchObject({ code: 1, err: expect.stringContaining("ant has its base weights") });
    const forked = await agoraEnded(
      "fork",
      "test",
      "--set",
      "lora=false",
      "--name",
      "twin",
      ...on,
      ...as,
      "--json",
    );
    expect(JSON.parse(forked.out)).toMatchObject({ run: "twin", parent: "test" });
    expect((await agoraEnded("resume", "test", ...on, ...as)).code).toBe(0);
    expect((await agoraEnded("stop", "test", ...on, ...as)).code).toBe(0);
    expect(await run.ended).toEqual({ outcome: "stopped" });
    expect(acts(readRecords(config))).toEqual(
      ["asked", "paused", "set", "stepped", "forked", "resumed", "stopped"].map((did) => [
        `operator.${did}`,
        "ada",
      ]),
    );
    const twin = readRecords({ ...config, run: "twin" });
    expect(ofType(twin, "run.forked")[0]).toMatchObject({
      operator: "ada",
      changed: ["lora=false", "fem=false"],
    });
  });

  test("says what a wrong value is, and is not changed by it", async () => {
    const { on } = await livingRun();
    const outside = await agoraEnded("set", "test", "difficulty=40", ...on);
    expect(outside).toMatchObject({ code: 1, err: expect.stringContaining("a number from 1 to 6") });
    const strange = await agoraEnded("ask", "test", "how many?", ...on);
    expect(strange.err).toContain("this is not a problem of the task");
    expect((await agoraEnded("ask", "test", "1+2", "--seconds", "soon", ...on)).code).toBe(2);
  });

  test("leaves its page's address while the page is served, for its owner only", async () => {
    const { config, page } = await livingRun();
    const file = join(runFolder(config), "page.json");
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    await page?.close();
    expect(existsSync(file)).toBe(false);
  });

  test("keeps no page open that could not leave its address", async () => {
    const { config, run, task } = await livingRun({ withPage: false });
    // As on a full disk, the file cannot be written.
    mkdirSync(join(runFolder(config), "page.json"));
    const troubles: unknown[] = [];
    const door = await openRunDoor({ run, task, onTrouble: (cause) => void troubles.push(cause) });
    expect(troubles).toHaveLength(1);
    const { origin } = new URL(door?.url ?? "");
    expect((await fetch(new URL("/api/acts", origin))).status).toBe(401);
    await door?.close();
    await expect(fetch(origin)).rejects.toThrow("fetch failed");
  });

  test("is asked and stopped without a page, by those who can read its folder only", async () => {
    const { config, run, on, task } = await livingRun({ withPage: false });
    const door = await openRunDoor({ run, task, onTrouble: () => {} });
    const address = new URL(door?.url ?? "");
    expect((await fetch(new URL("/api/acts", address.origin))).status).toBe(401);
    const authorization = `Bearer ${address.searchParams.get("token")}`;
    expect((await fetch(address.origin, { headers: { authorization } })).status).toBe(404);
    const asked = await agoraEnded("ask", "test", "7*8+5", ...on, "--json");
    expect(JSON.parse(asked.out)).toMatchObject({ answer: { answer: "1" }, truth: "1" });
    expect((await agoraEnded("stop", "test", ...on)).code).toBe(0);
    expect(await run.ended).toEqual({ outcome: "stopped" });
    await door?.close();
    expect(existsSync(join(runFolder(config), "page.json"))).toBe(false);
  });

  test("cannot be reached without an address, also where a killed process has left the address of another run", async () => {
    const other = await livingRun({ run: "other" });
    const { config, on } = await livingRun({ withPage: false });
    writeFileSync(join(runFolder(config), "page.json"), JSON.stringify({ url: other.page?.url }));
    const astray = await agoraEnded("pause", "test", ...on);
    expect(astray.err).toContain("has left no address for acts");
    rmSync(join(runFolder(config), "page.json"));
    const { code, err } = await agoraEnded("pause", "test", ...on);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/has left no address for acts.*Fix: .*agora resume test/),
    ]);
  });
});

describe("a run that nobody plays", () => {
  test("is not acted on, but can be forked", async () => {
    const config = societyConfig();
    await play(config);
    const on = ["--runs", config.runsFolder];
    for (const command of ["pause", "step", "stop"]) {
      const { code, err } = await agoraEnded(command, "test", ...on);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/nobody plays the run test now.*agora resume test/),
      ]);
    }
    const unknown = await agoraEnded("ask", "tset", "1+2", ...on);
    expect(unknown.err).toContain('is called "tset"; expected one of test');
    const done = await agoraEnded("fork", "test", "--set", "rounds=3", ...on);
    expect(done.out).toMatch(/^Made test-fork1 of test\. Play it with: .*resume test-fork1/);
    const blank = await agoraEnded("fork", "test", "--round", "", ...on);
    expect([blank.code, blank.err]).toEqual([2, expect.stringContaining("--round is ")]);
    const wrong = await agoraEnded("fork", "test", "--set", "task=math", ...on);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("start another run for the rest") });
  });
});
