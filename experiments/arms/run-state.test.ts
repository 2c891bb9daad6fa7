/** What the disk knows of an experiment's runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../runtime/config/config.ts";
import { type Experiment, runFolderOf } from "./experiment.ts";
import { type ExperimentSources, loadExperiment } from "./experiment-file.ts";
import {
  checkUnchanged,
  configFileOf,
  forgetFailure,
  keepExperiment,
  keepFailure,
  stateOf,
  storedExperiment,
} from "./run-state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-run-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (more: Partial<ExperimentSources> = {}): Experiment => {
  const file = join(folder, "trial.yaml");
  const text = "seeds: [1]\nbudget: { tokens: 900 }\narms: { full: {}, silent: { validVote: false } }\n";
  writeFileSync(file, text);
  return loadExperiment({ file, runsFolder: folder, env: {}, ...more });
};
const runOf = ({ runs }: Experiment, arm: string) => {
  const run = runs.find((one) => one.arm === arm);
  if (run === undefined) throw new Error(`no arm ${arm}`);
  return run;
};
const writeIn = (experiment: Experiment, name: string, value: unknown): void => {
  const place = runFolderOf(experiment, runOf(experiment, "full"));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, name), typeof value === "string" ? value : JSON.stringify(value));
};

test("the configuration that a run is started with is the planned one, whatever its preset", () => {
  for (const budget of [{ tokens: 900 }, { rounds: 3 }]) {
    const experiment = load({ budget });
    keepExperiment(experiment);
    for (const run of experiment.runs)
      expect(loadConfig({ file: configFileOf(experiment, run), env: {} })).toEqual(run.config);
  }
});

describe("the state of a run", () => {
  test("is new, begun, finished or failed, by what lies in its folder", () => {
    const experiment = load();
    const run = runOf(experiment, "full");
    const state = () => stateOf(experiment, run).state;
    expect(state()).toBe("new");
    writeIn(experiment, "run.db", "");
    expect(state()).toBe("begun");
    writeIn(experiment, "result.json", { outcome: "stopped", measuring: "none" });
    expect(state()).toBe("begun");
    writeIn(experiment, "result.json", { outcome: "finished", measuring: "interrupted" });
    expect(state()).toBe("begun");
    const short = { outcome: "finished", reason: "only 1 members left, 2 are needed", measuring: "done" };
    writeIn(experiment, "result.json", short);
    expect(state()).toBe("begun");
    writeIn(experiment, "result.json", { outcome: "finished", measuring: "done" });
    expect(state()).toBe("finished");
    keepFailure(experiment, run, { reason: "no model answers", exit: 4, at: 1 });
    expect(stateOf(experiment, run)).toMatchObject({
      state: "failed",
      failure: { reason: "no model answers" },
    });
    forgetFailure(experiment, run);
    expect(state()).toBe("finished");
  });
});

describe("an experiment that has begun", () => {
  test("is known by its folder, and takes further seeds and arms", () => {
    const experiment = load();
    keepExperiment(experiment);
    expect(storedExperiment(experiment.folder)).toMatchObject({
      name: "trial",
      seeds: [1],
      reference: "full",
    });
    expect(storedExperiment(join(folder, "none"))).toBeUndefined();
    writeIn(experiment, "run.db", "");
    expect(() => checkUnchanged(load({ seeds: [1, 2] }))).not.toThrow();
  });

  test("keeps the configuration of the runs it has begun, and the number of problems", () => {
    const experiment = load();
    keepExperiment(experiment);
    expect(() => checkUnchanged(load({ budget: { tokens: 800 } }))).not.toThrow();
    writeIn(experiment, "run.db", "");
    expect(() => checkUnchanged(load({ budget: { tokens: 800 } }))).toThrow(
      /arms\.full: run trial-full-1 was started with other values of tokens; /,
    );
    expect(() => checkUnchanged(load({ problems: 7 }))).toThrow(
      /problems: is 7, and its runs were measured on 400/,
    );
  });
});
