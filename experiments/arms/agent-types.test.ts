/** What is wrong with the agent types of an experiment, before anything is spent. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkAgentTypes } from "./agent-types.ts";
import { loadExperiment } from "./experiment-file.ts";

const dart = join(import.meta.dirname, "../baselines/dart/dart.yaml");

/** The problems of an experiment with these arms, one a line. */
const problemsOf = async (arms: string, base = "{}"): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "agora-agent-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "trial.yaml");
  writeFileSync(file, `base: ${base}\nseeds: [1, 2]\nbudget: { rounds: 2 }\narms:\n${arms}`);
  const experiment = loadExperiment({ file, runsFolder: folder, env: {} });
  const said = await checkAgentTypes(experiment).then(
    () => "",
    ({ message }: Error) => message,
  );
  return said.replaceAll(`${folder}/`, "");
};

test("options that an agent type of the run reads are none", async () => {
  expect(await problemsOf(`  full: {}\n  dart: ${dart}\n`)).toBe("");
});

test("options of a misspelt kind are named with their place and the right word", async () => {
  const arms = `  full: {}\n  dart:\n    - ${dart}\n    - { options: { dartt: { most: 6 } } }\n`;
  expect(await problemsOf(arms)).toBe(
    'trial.yaml:6:3: arms.dart.options.dartt: no agent type of the run has this name; expected keys among dart, model. Fix: did you mean "dart".',
  );
});

test("options of the base that nobody reads are named once for all arms", async () => {
  const arms = "  full: {}\n  silent: { validVote: false }\n";
  expect(await problemsOf(arms, "{ options: { dart: {} } }")).toMatch(
    /^trial\.yaml:1:20: base\.options\.dart: no agent type of the run has this name; .*$/,
  );
});

test("a wrong option of a known kind, and a module that is missing, are named with their arms", async () => {
  const arms = `  dart:\n    - ${dart}\n    - { options: { dart: { least: 6 } } }\n  none: { agents: [./none.ts] }\n`;
  const [option, module] = (await problemsOf(arms)).split("\n");
  expect(option).toMatch(/^trial\.yaml:5:3: arms\.dart\.agents.*options\.dart: Unrecognized key: "least"/);
  expect(module).toMatch(/^trial\.yaml:8:20: arms\.none\.agents\[0\]: none\.ts /);
});
