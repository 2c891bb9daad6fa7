/** What the report of an experiment leaves in a folder that holds other files. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Experiment } from "../../experiments/arms/experiment.ts";
import { keepExperiment } from "../../experiments/arms/run-state.ts";
import { playRun } from "../host/play.ts";
import { scriptedParts } from "../host/scripted-society.ts";
import { societyConfig } from "../host/society.fixture.ts";
import { writeExperimentReport } from "./experiment-report.ts";

const playedExperiment = async (): Promise<Experiment> => {
  const config = societyConfig({ externalAnchor: false, gate: false });
  await playRun({ config, parts: scriptedParts(config), problems: 1 });
  const experiment: Experiment = {
    ...{ name: "trial", title: "Trial", file: "trial.yaml", folder: config.runsFolder, reference: "full" },
    ...{ arms: [{ name: "full", keys: {} }], tasks: [{ name: "task", keys: {} }], seeds: [3] },
    ...{ budget: { rounds: 2 }, problems: 1, runs: [{ arm: "full", task: "task", seed: 3, config }] },
  };
  keepExperiment(experiment);
  return experiment;
};

test("a report removes what an earlier one has written and nothing else, also in folders of its names", async () => {
  const experiment = await playedExperiment();
  const output = join(experiment.folder, "paper");
  const own = ["data/gsm8k/test.jsonl", "data/notes.csv", "figures/photo.svg", "figures/sketch.png"];
  for (const file of own) {
    mkdirSync(join(output, file, ".."), { recursive: true });
    writeFileSync(join(output, file), "mine");
  }
  const filesIn = (folder: string) => readdirSync(join(output, folder), { recursive: true });
  await writeExperimentReport(experiment, output);
  expect(filesIn("figures")).toContain("yield.svg");
  expect(filesIn("data")).toEqual(expect.arrayContaining(["runs.csv", "runs.parquet"]));
  const tasks = [...experiment.tasks, { name: "other", keys: {} }];
  await writeExperimentReport({ ...experiment, tasks }, output);
  expect(filesIn("figures")).toContain("yield-task.svg");
  expect(filesIn("figures")).not.toContain("yield.svg");
  for (const file of own) expect(readFileSync(join(output, file), "utf8")).toBe("mine");
});
