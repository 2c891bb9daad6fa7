/** Experiments as they are read from their files: resolved runs, and every error before anything is spent. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../runtime/config/config.ts";
import type { Experiment } from "./experiment.ts";
import { type ExperimentSources, loadExperiment } from "./experiment-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-experiment-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const load = (text: string, more: Partial<ExperimentSources> = {}): Experiment =>
  loadExperiment({ file: write("trial.yaml", text), runsFolder: folder, env: {}, ...more });
const problemsOf = (text: string): string[] => {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
};

const sound = `
base: { questionsPerRound: 8 }
seeds: [4, 5]
budget: { tokens: 5000 }
arms:
  full: {}
  silent: { validVote: false }
`;

describe("an experiment's file", () => {
  test("gives a run for every arm and seed, with the base's keys, the arm's and the budget", () => {
    const { name, reference, runs } = load(sound);
    expect([name, reference]).toEqual(["trial", "full"]);
    expect(runs.map(({ config }) => config.run)).toEqual([
      ...["trial-full-4", "trial-full-5", "trial-silent-4", "trial-silent-5"],
    ]);
    const [first, , third] = runs.map(({ config }) => config);
    expect(first).toMatchObject({ seed: 4, questionsPerRound: 8, tokens: 5000, validVote: true });
    expect(first?.updates).toBeGreaterThan(100_000);
    expect(first?.rounds).toBeGreaterThan(100_000);
    expect(third).toMatchObject({ validVote: false, runsFolder: join(folder, "trial") });
  });

  test("multiplies arms by tasks, and names the task where there are several", () => {
    const { runs } = load(`${sound}tasks:\n  short: { difficultyMax: 5 }\n  long: { difficultyMax: 7 }\n`);
    expect(runs).toHaveLength(8);
    expect(runs[2]?.config).toMatchObject({ run: "trial-full-long-4", difficultyMax: 7 });
  });

  test("takes arms from files, agent types from modules, layers, and fields for every model", () => {
    write("arm.yaml", "fem: false\nrounds: 3\nseed: 9\n");
    write("mine.ts", "export const agent = {};\n");
    const text = `${sound}  file: arm.yaml\n  mine: ./mine.ts\n  warm: { everyModel: { temperature: 1 } }\n  both: [arm.yaml, { gate: false }]\n  less: [{ fem: false, gate: false }, { fem: null }]\n`;
    const { runs, arms } = load(text, { arms: { added: write("added.yaml", "lora: false\n") } });
    expect(arms.map(({ name }) => name)).toEqual([
      "full",
      "silent",
      "file",
      "mine",
      "warm",
      "both",
      "less",
      "added",
    ]);
    const of = (arm: string) => runs.find((run) => run.arm === arm)?.config;
    expect(of("file")).toMatchObject({ fem: false });
    expect(of("added")).toMatchObject({ lora: false });
    expect(of("mine")?.agents).toEqual([join(folder, "mine.ts")]);
    expect(of("less")).toMatchObject({ fem: true, gate: false });
    expect(of("both")).toMatchObject({ fem: false, gate: false, seed: 4 });
    expect(of("warm")?.models.map(({ name, temperature }) => [name, temperature])).toEqual([
      ...[
        ["wren", 1],
        ["mole", 1],
        ["otter", 1],
        ["heron", 1],
      ],
    ]);
  });

  test("yields to the command line", () => {
    const { runs, seeds } = load(sound, {
      ...{ name: "again", seeds: [9], budget: { rounds: 2 }, keys: { questionsPerRound: 3 }, problems: 7 },
    });
    expect(seeds).toEqual([9]);
    expect(runs[0]?.config).toMatchObject({ run: "again-full-9", rounds: 2, questionsPerRound: 3 });
    expect(runs[0]?.config.tokens).toBeUndefined();
  });
});

describe("is refused, with the place of every problem:", () => {
  const fits = "expected 1 to 64 letters, digits, hyphens or underscores";

  test("a name from which no run could get its own", () => {
    for (const name of ["", "a b", "../x"])
      expect(() => load(sound, { name })).toThrow(
        `name: ${JSON.stringify(name)} does not fit; ${fits}. Fix: give another with --name.`,
      );
    expect(() =>
      loadExperiment({ file: write("trial.v2.yaml", sound), runsFolder: folder, env: {} }),
    ).toThrow(`name: "trial.v2" does not fit; ${fits}`);
    const arm = write("arm.yaml", "fem: false\n");
    expect(() => load(sound, { arms: { "": arm } })).toThrow(`arms.: the name does not fit; ${fits}`);
    expect(problemsOf(`${sound}  a b: { fem: false }\n`)).toEqual([
      expect.stringMatching(`trial\\.yaml:8:3: arms\\.a b: the name does not fit; ${fits}`),
    ]);
  });

  test("an arm that changes nothing, against the base or another arm", () => {
    expect(problemsOf(`${sound}  same: { validVote: true }\n`)).toEqual([
      expect.stringMatching(/trial\.yaml:8:3: arms\.same: changes nothing: it is the same as arm full; /),
    ]);
    const alone = sound.replace("full: {}", "full: { validVote: true }");
    expect(problemsOf(alone)).toEqual([expect.stringMatching(/arms\.full: changes nothing: .* as the base/)]);
    expect(problemsOf(`${sound}  twin: { validVote: false }\n`)).toEqual([
      expect.stringMatching(/arms\.twin: changes nothing: it is the same as arm silent/),
    ]);
  });

  test("a seed that is given twice", () => {
    expect(problemsOf(sound.replace("[4, 5]", "[4, 5, 4]"))).toEqual([
      expect.stringMatching(/trial\.yaml:3:15: seeds\[2\]: seed 4 is given twice/),
    ]);
  });

  test("two arms whose names differ only in case", () => {
    expect(problemsOf(`${sound}  Full: { fem: false }\n`)).toEqual([
      expect.stringMatching(/trial\.yaml:8:3: arms\.Full: differs only in case from arm full/),
    ]);
  });

  test("unknown keys, of the file and of an arm, with a guess", () => {
    expect(problemsOf(`${sound}sedes: [1]\n`)).toEqual([
      expect.stringMatching(/trial\.yaml:8:1: sedes: unknown key; .*did you mean "seeds"\?/),
    ]);
    expect(problemsOf(`${sound}  typo: { validVot: false }\n`)).toEqual([
      expect.stringMatching(/trial\.yaml:8:11: arms\.typo\.validVot: unknown key; .*"validVote"\?/),
    ]);
  });

  test("a key of the command line that is called like what every object has, for every model too", () => {
    const key = ["__proto__", 1];
    const given = (...pair: unknown[]) => load(sound, { keys: Object.fromEntries([pair]) });
    expect(() => given(...key)).toThrow("base.__proto__: unknown key");
    expect(() => given("everyModel", Object.fromEntries([key]))).toThrow(
      "base.models[0].__proto__: unknown key",
    );
  });

  test("two budgets or none, no arms, no seeds, keys that the experiment sets, an unknown reference", () => {
    expect(problemsOf(sound.replace("5000 }", "5000, rounds: 2 }"))).toEqual([
      expect.stringMatching(/budget: does not fit; expected either/),
    ]);
    expect(problemsOf("budget: { rounds: 2 }\nseeds: []\n")).toHaveLength(2);
    expect(problemsOf(`${sound}  more: { rounds: 9, seed: 1 }\n`)).toHaveLength(2);
    expect(problemsOf(`${sound}reference: none\n`)).toEqual([
      expect.stringMatching(/there is no arm "none"/),
    ]);
  });

  test("an arm whose configuration cannot run, or whose file is missing", () => {
    expect(problemsOf(`${sound}  empty: { difficultyMin: 9 }\n`)[0]).toMatch(
      /arms\.empty\.difficultyMin: 9 is above difficultyStart/,
    );
    expect(problemsOf(`${sound}  gone: gone.yaml\n`)[0]).toMatch(/gone\.yaml: cannot be read/);
  });

  test("a file that is missing, with what names it", () => {
    const file = join(folder, "trial.yaml");
    const gone = join(folder, "gone.yaml");
    const blames = (text: string, place: string, more: Partial<ExperimentSources> = {}) =>
      expect(() => load(text, more)).toThrow(
        `${gone}: cannot be read (ENOENT: no such file or directory); expected a YAML file. Fix: correct the path given to ${place}.`,
      );
    blames(`${sound}  gone: gone.yaml\n`, `arms.gone in ${file}`);
    blames(`${sound}  gone: [{ fem: false }, gone.yaml]\n`, `arms.gone in ${file}`);
    blames(`${sound}tasks: { gone: gone.yaml }\n`, `tasks.gone in ${file}`);
    blames(sound.replace("{ questionsPerRound: 8 }", "gone.yaml"), `base in ${file}`);
    blames(sound, "--config", { base: gone });
    blames(sound, "--arm", { arms: { gone } });
    blames(sound, "agora experiment", { file: gone });
  });
});
