/** A folder of runs for tests: an experiment of two arms, a run, a damaged one and a foreign folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playRun } from "../../cli/host/play.ts";
import { scriptedParts } from "../../cli/host/scripted-society.ts";
import type { Experiment, PlannedRun } from "../../experiments/arms/experiment.ts";
import { keepExperiment } from "../../experiments/arms/run-state.ts";
import type { Closer } from "../../runtime/closings.fixture.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";

const small = (run: string, runsFolder: string, seed: number, fem: boolean): Config =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run, runsFolder, preset: "paper", pack: "pocket", seed, fem, rounds: 3, questionsPerRound: 2 },
      models: ["ant", "bee", "cat"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" })),
      ...{ bufferThreshold: 4, difficultyStart: 3, difficultyMax: 6, gate: false },
    },
  });

/** The folder of the runs. */
export const shelfFolder = async (closer: Closer): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-shelf-"));
  closer.add(() => rmSync(folder, { recursive: true, force: true }));
  const place = join(folder, "trial");
  const planned = ["full", "calm"].flatMap((arm) =>
    [1, 2].map(
      (seed): PlannedRun => ({
        ...{ arm, task: "task", seed },
        config: small(`trial-${arm}-${seed}`, place, seed, arm === "full"),
      }),
    ),
  );
  const experiment: Experiment = {
    ...{
      name: "trial",
      title: "Trial <b>",
      file: "trial.yaml",
      folder: place,
      reference: "full",
      problems: 3,
    },
    arms: [
      { name: "full", keys: {} },
      { name: "calm", keys: { fem: false } },
    ],
    ...{ tasks: [{ name: "task", keys: {} }], seeds: [1, 2], budget: { rounds: 3 }, runs: planned },
  };
  keepExperiment(experiment);
  for (const config of [...planned.map((run) => run.config), small("alone", folder, 7, true)])
    await playRun({ config, parts: scriptedParts(config), problems: 3 });
  for (const name of ["damaged", "foreign"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "damaged", "run.db"), "not a database");
  return folder;
};
