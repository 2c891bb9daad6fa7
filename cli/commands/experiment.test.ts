/** `agora experiment`, its report and `agora compare` as whole processes, with language models over HTTP. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { agora, agoraEnded } from "../agora.fixture.ts";
import { englishSociety, type Member } from "../host/english-society.fixture.ts";

const refused = { instead: () => ({ fail: 401 }) } as const;

/** An experiment on servers of its own, in a new folder; `arms` by name, beside `broken`, whose models refuse. */
const experimentFile = async (more: object, { broken = false, member = {} as Member } = {}) => {
  const { config } = await englishSociety({ ant: member, bee: member, cat: member }, { lora: false });
  const { run: _run, runsFolder, seed: _seed, rounds: _rounds, ...base } = config;
  const arms: Record<string, unknown> = { full: {}, silent: { validVote: false } };
  if (broken) {
    const other = await englishSociety({ ant: refused, bee: refused, cat: refused }, { lora: false });
    arms.broken = { models: other.config.models };
  }
  const file = join(runsFolder, "trial.yaml");
  writeFileSync(file, stringify({ base, arms, seeds: [1, 2], budget: { rounds: 2 }, problems: 0, ...more }));
  return { file, runs: runsFolder, folder: join(runsFolder, "trial") };
};

const resultOf = (folder: string, run: string) =>
  JSON.parse(readFileSync(join(folder, run, "result.json"), "utf8"));

describe("agora experiment", { timeout: 180_000 }, () => {
  test("plays every arm; one that fails does not stop the others, and nothing is played twice", async () => {
    const { file, runs, folder } = await experimentFile(
      { budget: { rounds: 4 }, seeds: [1] },
      { broken: true },
    );
    const given = ["experiment", file, "--runs", runs, "--no-preflight", "--parallel", "2", "--json"];
    const { code, out, err } = await agoraEnded(...given);
    expect(code).toBe(1);
    const { runs: states, failures } = JSON.parse(out);
    expect(states.map(({ run, state }: { run: string; state: string }) => `${run} ${state}`)).toEqual([
      ...["trial-full-1 finished", "trial-silent-1 finished", "trial-broken-1 failed"],
    ]);
    expect(failures[0]).toEqual({ run: "trial-broken-1", reason: expect.stringContaining("HTTP 401") });
    expect(err).toContain("3 arms × 1 seed = 3 runs of 4 rounds each");
    const played = statSync(join(folder, "trial-full-1", "result.json")).mtimeMs;
    const again = await agoraEnded(...given);
    expect(again.code).toBe(1);
    expect(again.err).not.toContain("trial-full-1");
    expect(again.err).toContain("resumed trial-broken-1");
    expect(statSync(join(folder, "trial-full-1", "result.json")).mtimeMs).toBe(played);
  });

  test("stops all runs at Ctrl-C, and continues them where they stopped", async () => {
    // Models explain slowly until the interrupt, so that no run ends before it, and then at once.
    let delaySeconds = 0.5;
    const instead: Member["instead"] = (_, role) =>
      role === "explainer" ? { text: "I added.", delaySeconds } : undefined;
    const { file, runs, folder } = await experimentFile(
      { budget: { rounds: 8 }, seeds: [1] },
      { member: { instead } },
    );
    const given = ["experiment", file, "--runs", runs, "--parallel", "2", "--no-preflight"];
    const { child, saying, ended, said } = agora(...given);
    await saying("started trial-silent-1");
    await expect
      .poll(() => existsSync(join(folder, "trial-silent-1", "run.db")), { timeout: 60_000 })
      .toBe(true);
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    delaySeconds = 0;
    expect(said.out).toContain("Stopping all runs");
    expect(said.out).toContain("Continue with: ");
    const { code, out } = await agoraEnded(...given);
    expect(code).toBe(0);
    expect(out).toContain("resumed trial-silent-1");
    for (const run of ["trial-full-1", "trial-silent-1"])
      expect(resultOf(folder, run)).toMatchObject({ outcome: "finished", rounds: 8 });
  });

  test("ends runs at the first end of a round after their token budget, by the ledger", async () => {
    const { file, runs, folder } = await experimentFile({ budget: { tokens: 3000 }, seeds: [1] });
    expect((await agoraEnded("experiment", file, "--runs", runs, "--no-preflight", "-q")).code).toBe(0);
    for (const run of ["trial-full-1", "trial-silent-1"]) {
      const { reason, usage, rounds } = resultOf(folder, run);
      expect(reason).toBe("3000 tokens spent");
      expect(usage.total.promptTokens + usage.total.completionTokens).toBeGreaterThanOrEqual(3000);
      expect(rounds).toBeGreaterThan(0);
    }
  });

  test("--dry-run prints the plan and starts nothing", async () => {
    const { file, runs, folder } = await experimentFile({});
    const { code, out } = await agoraEnded("experiment", file, "--runs", runs, "--dry-run", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: "trial", reference: "full", budget: { rounds: 2 } });
    expect(existsSync(folder)).toBe(false);
  });

  test("is refused with code 2 if the file or a key is wrong", async () => {
    const { file, runs } = await experimentFile({ arms: { full: {}, own: { options: { dartt: {} } } } });
    const misspelt = await agoraEnded("experiment", file, "--runs", runs, "--dry-run");
    expect([misspelt.code, misspelt.out]).toEqual([2, ""]);
    expect(misspelt.err).toMatch(/trial\.yaml:\d+:\d+: arms\.own\.options\.dartt: no agent type/);
    const nowhere = await agoraEnded("experiment", "nothing", "--runs", runs);
    expect([nowhere.code, nowhere.err]).toEqual([
      2,
      expect.stringContaining('there is no experiment "nothing"'),
    ]);
    const unread = await agoraEnded("experiment", file, "--runs", runs, "-s", "gate=[", "--dry-run");
    expect([unread.code, unread.err]).toEqual([
      2,
      expect.stringMatching(/^agora: --set gate=\[: is not plain YAML \(.*\); expected .*\n$/),
    ]);
  });
});

test("report and compare read what an experiment has played, and a file that changes it is refused with code 2", {
  timeout: 120_000,
}, async () => {
  const { file, runs, folder } = await experimentFile({ seeds: [1] });
  expect((await agoraEnded("experiment", file, "--runs", runs, "--no-preflight", "-q")).code).toBe(0);
  const changed = await agoraEnded("experiment", file, "--runs", runs, "-s", "questionsPerRound=2");
  expect(changed.code).toBe(2);
  expect(changed.err).toContain("run trial-full-1 was started with other values of questionsPerRound");
  const report = await agoraEnded("report", "trial", "--runs", runs);
  expect([report.code, report.err]).toEqual([0, ""]);
  expect(report.out).toContain(join(folder, "report", "report.html"));
  expect(readFileSync(join(folder, "report", "report.md"), "utf8")).toContain("## Paired differences");
  expect(existsSync(join(folder, "report", "data", "runs.parquet"))).toBe(true);
  const pair = ["trial-full-1", join(folder, "trial-silent-1")];
  const compared = await agoraEnded("compare", ...pair, "--runs", folder, "--json");
  expect(JSON.parse(compared.out)).toMatchObject({
    runs: [
      { run: "trial-full-1", rounds: 2 },
      { run: "trial-silent-1", rounds: 2 },
    ],
    config: { validVote: [true, false] },
  });
  const twice = await agoraEnded("compare", "trial-full-1", join(folder, "trial-full-1"), "--runs", folder);
  expect([twice.code, twice.err]).toEqual([2, expect.stringContaining("run trial-full-1 is given twice")]);
  const alone = await agoraEnded("compare", "trial-full-1", "--runs", folder);
  expect([alone.code, alone.err]).toEqual([2, expect.stringContaining("expected two or more runs")]);
});

test("a run and an experiment have no folder in common", { timeout: 120_000 }, async () => {
  const { file, runs, folder } = await experimentFile({ seeds: [1] });
  expect((await agoraEnded("experiment", file, "--runs", runs, "--no-preflight", "-q")).code).toBe(0);
  const base = join(runs, "base.yaml");
  writeFileSync(base, readFileSync(join(folder, "configs", "trial-full-1.yaml")));
  const given = ["-c", base, "-s", `runsFolder=${runs}`, "-s", "rounds=1"];
  const plainly = ["--problems", "0", "--no-page", "--no-preflight"];
  const run = await agoraEnded("run", ...given, "-s", "run=trial", ...plainly);
  expect([run.code, run.err]).toEqual([2, expect.stringContaining(`${folder} holds an experiment`)]);
  expect(existsSync(join(folder, "run.db"))).toBe(false);
  expect((await agoraEnded("run", ...given, "-s", "run=solo", ...plainly)).code).toBe(0);
  const taken = await agoraEnded("experiment", file, "--runs", runs, "--name", "solo", "--dry-run");
  expect([taken.code, taken.err]).toEqual([2, expect.stringContaining(`${join(runs, "solo")} holds a run`)]);
});
