/** The ready experiments load, with the arms that the paper's tables and figures need. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { budgetText } from "../arms/experiment.ts";
import { loadExperiment } from "../arms/experiment-file.ts";

const load = (name: string) =>
  loadExperiment({ file: join(import.meta.dirname, `${name}.yaml`), runsFolder: "/nowhere", env: {} });

const names = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);

test("are those that the command names", () => {
  expect(names.toSorted()).toEqual(["ablation", "dynamics", "heterogeneity", "isolation", "main"]);
});

test.each(names)("%s resolves every run, and the modules that its arms name are there", (name) => {
  const { runs, arms, seeds, budget } = load(name);
  expect(runs).toHaveLength(arms.length * seeds.length);
  expect(seeds.length).toBeGreaterThanOrEqual(3);
  expect(budgetText(budget)).toMatch(/^[\d,]+ tokens$/);
  for (const { config } of runs) for (const file of config.agents) expect(existsSync(file)).toBe(true);
});

test("ablation switches each of ten components off, with five seeds", () => {
  const { arms, seeds } = load("ablation");
  expect(seeds).toHaveLength(5);
  const switched = arms.flatMap(({ keys }) => Object.entries(keys));
  expect(switched.map(([, value]) => value)).toEqual(Array(10).fill(false));
  expect(switched.map(([key]) => key)).toEqual([
    ...["validVote", "lora", "qualityVote", "eliteIcl", "randomQGen", "difficultyControl"],
    ...["externalAnchor", "explanation", "dynamicStrategy", "fem"],
  ]);
});
