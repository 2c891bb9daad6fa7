/** The agent types of an experiment's runs: what is wrong with them, or their options, is known once they are loaded. */
import { ConfigError } from "../../runtime/config/config.ts";
import type { ConfigProblem } from "../../runtime/config/config-error.ts";
import { readConfigFile } from "../../runtime/config/config-file.ts";
import { OptionsError } from "../../runtime/plugin/options.ts";
import { PluginError } from "../../runtime/plugin/plugin-error.ts";
import type { Experiment, PlannedRun } from "./experiment.ts";
import { placeIn } from "./experiment-file.ts";
import type { Keys } from "./variation.ts";

const keysOf = (variations: Experiment["arms"], name: string): Keys =>
  variations.find((one) => one.name === name)?.keys ?? {};

const problemIn = async ({ arms, tasks }: Experiment, run: PlannedRun): Promise<ConfigProblem[]> => {
  const { agentTypesOf } = await import("../../actors/index.ts");
  try {
    await agentTypesOf(run.config);
    return [];
  } catch (error) {
    if (!(error instanceof OptionsError || error instanceof PluginError)) throw error;
    const { key, expected = "", fix = "" } = error;
    const problem = { key, problem: error.problem.slice(`${key}: `.length), expected, fix };
    const layers = [
      ["base", { ...run.config }],
      [`tasks.${run.task}`, keysOf(tasks, run.task)],
      [`arms.${run.arm}`, keysOf(arms, run.arm)],
    ] as const;
    return [placeIn(problem, layers)];
  }
};

/** One run of each arm and task stands for all its seeds. @throws ConfigError with every problem */
export const checkAgentTypes = async (experiment: Experiment): Promise<void> => {
  const { runs, seeds, file } = experiment;
  const { placeOf } = readConfigFile(file, "agora experiment");
  const found = await Promise.all(
    runs.filter(({ seed }) => seed === seeds[0]).map((run) => problemIn(experiment, run)),
  );
  const placed = found.flat().map((problem): [string, ConfigProblem] => {
    const place = placeOf(problem.key);
    return [problem.key, place === undefined ? problem : { ...problem, place }];
  });
  const [first, ...rest] = new Map(placed).values();
  if (first !== undefined) throw new ConfigError([first, ...rest]);
};
