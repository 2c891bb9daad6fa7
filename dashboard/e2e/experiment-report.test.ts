/** The page of an experiment in Chromium: it shows the numbers, and texts of others stay text. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeExperimentReport } from "../../cli/commands/experiment-report.ts";
import { playRun } from "../../cli/host/play.ts";
import { scriptedParts } from "../../cli/host/scripted-society.ts";
import type { Experiment, PlannedRun } from "../../experiments/arms/experiment.ts";
import { keepExperiment, keepFailure } from "../../experiments/arms/run-state.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import { chromiumNote, desktop, skipChromium, visit } from "./browser.fixture.ts";

const hostile = `<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=2</script>`;
const closings = new Closings();
let page = "";
let folder = "";

const planned = (arm: string, seed: number): PlannedRun => {
  const models = ["ant", "bee", "cat"].map((name) => ({
    name,
    model: name,
    endpoint: "http://127.0.0.1:9/v1",
  }));
  const overrides = {
    ...({
      run: `trial-${arm}-${seed}`,
      runsFolder: folder,
      preset: "paper",
      pack: "pocket",
      seed,
      models,
    } as const),
    ...{
      rounds: 3,
      questionsPerRound: 2,
      bufferThreshold: 4,
      difficultyStart: 3,
      difficultyMax: 6,
      gate: false,
    },
    validVote: arm === "full",
  };
  return { arm, task: "task", seed, config: loadConfig({ env: {}, overrides }) };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "agora-experiment-report-"));
  closings.add(() => rmSync(folder, { recursive: true, force: true }));
  const runs = ["full", "silent"].flatMap((arm) => [1, 2, 3].map((seed) => planned(arm, seed)));
  const experiment: Experiment = {
    ...{
      name: "trial",
      title: `Trial ${hostile}`,
      file: "trial.yaml",
      folder,
      reference: "full",
      problems: 1,
    },
    arms: [
      { name: "full", keys: {} },
      { name: "silent", keys: { validVote: false } },
    ],
    ...{ tasks: [{ name: "task", keys: {} }], seeds: [1, 2, 3], budget: { rounds: 3 }, runs },
  };
  keepExperiment(experiment);
  /** One member of the second arm errs, so that an arm is best. */
  const erring = { ant: { solver: () => "ans 0" } };
  for (const run of runs.slice(0, -1)) {
    const parts = scriptedParts(run.config, { scripts: run.arm === "silent" ? erring : {} });
    await playRun({ config: run.config, parts, problems: 1 });
  }
  const failed = runs.at(-1);
  if (failed) keepFailure(experiment, failed, { reason: `HTTP 500: ${hostile}`, exit: 4, at: 0 });
  ({ page } = await writeExperimentReport(experiment, undefined));
}, 120_000);
afterAll(closings.close);

describe.skipIf(skipChromium)(`the page of an experiment${chromiumNote}`, { timeout: 60_000 }, () => {
  const address = (): string => pathToFileURL(page).href;

  test("shows tables, figures and runs without script, requests or faults, by day and by night", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page: shown, faults } = await visit(afterTest, address(), { ...desktop, colorScheme });
      expect(await shown.locator("h2").allTextContents()).toEqual([
        ...[
          "Results",
          "Paired differences",
          "Figures",
          "Budget",
          "The group",
          "Contamination",
          "Runs",
          "Data",
        ],
      ]);
      expect(await shown.locator("figure svg path.line").count()).toBeGreaterThan(3);
      expect(await shown.locator("td strong").count()).toBeGreaterThan(0);
      expect(await shown.locator("script").count()).toBe(0);
      expect(faults).toEqual([]);
      const [ground, ink] = await shown.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        return [backgroundColor, color];
      });
      expect(ground).not.toBe(ink);
      expect(ground).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(14, 18, 23)");
    }
  });

  test("shows titles and reasons as text, and is not wider than the window", async () => {
    const { page: shown, faults } = await visit(afterTest, address());
    expect(await shown.locator("h1").textContent()).toBe(`Trial ${hostile}`);
    expect(await shown.locator("summary", { hasText: "HTTP 500" }).textContent()).toContain(hostile);
    expect(await shown.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
    expect(await shown.locator("img").count()).toBe(0);
    const [scroll, width] = await shown.evaluate(() => [document.body.scrollWidth, innerWidth]);
    expect(scroll).toBeLessThanOrEqual(width ?? 0);
    expect(faults).toEqual([]);
  });

  test("leads from a number of a table to the run it came from", async () => {
    const { page: shown } = await visit(afterTest, address());
    await shown.locator("#results td a", { hasText: /\d/ }).first().click();
    expect(new URL(shown.url()).hash).toBe("#arm-full");
    await shown.locator("#arm-full td a").first().click();
    expect(new URL(shown.url()).hash).toBe("#run-trial-full-1");
    expect(await shown.locator("#run-trial-full-1").isVisible()).toBe(true);
  });
});

test("figures are also files that stand alone", () => {
  const svg = readFileSync(join(folder, "report", "figures", "yield.svg"), "utf8");
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<style>.*<\/svg>\n$/s);
  expect(svg).not.toContain("light-dark");
});
