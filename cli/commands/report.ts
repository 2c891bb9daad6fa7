/** `agora report`: what a run or an experiment learned, with intervals, and how to repeat it. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { shownConfig } from "../../dashboard/record/stored-config.ts";
import type { Experiment } from "../../experiments/arms/experiment.ts";
import { storedExperiment } from "../../experiments/arms/run-state.ts";
import { reportFacts } from "../../experiments/report-facts.ts";
import { reportText } from "../../experiments/report-text.ts";
import { program } from "../../experiments/result.ts";
import type { Config } from "../../runtime/config/config.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { truthOf } from "./recorded.ts";
import { readStoredRun } from "./stored-config.ts";

interface ReportFlags extends OutputFlags {
  readonly runs: string;
  readonly output?: string;
}

/** The configuration of a repetition: all values except the name and the folder of the run. */
const repeatable = (config: Config): string => {
  const { run: _run, runsFolder: _folder, ...values } = shownConfig(config) as Record<string, unknown>;
  return stringify(values);
};

const reportOfRun = async (run: string, flags: ReportFlags): Promise<void> => {
  const { folder, config, records } = readStoredRun(run, flags.runs);
  const facts = reportFacts(records, config, await truthOf(config));
  const file = resolve(flags.output ?? join(folder, "report.md"));
  const configFile = join(folder, "config.yaml");
  const settings = repeatable(config);
  writeFileSync(configFile, settings);
  const command = `${program} run --config ${configFile} --set run=${run}-again`;
  writeFileSync(file, reportText(facts, { settings, command }));
  new Output(flags).show({ file, ...facts }, () => `Written to ${file}`);
};

const reportOfExperiment = async (experiment: Experiment, flags: ReportFlags): Promise<void> => {
  const { writeExperimentReport } = await import("./experiment-report.ts");
  const { page, facts } = await writeExperimentReport(experiment, flags.output);
  new Output(flags).show(
    { page, ...facts },
    () => `Written to ${page}, with report.md, figures and data beside it`,
  );
};

/** `name`: of a run, or of an experiment in the same folder. */
export const report = async (name: string, flags: ReportFlags): Promise<void> => {
  const experiment = storedExperiment(join(resolve(flags.runs), name));
  await (experiment === undefined ? reportOfRun(name, flags) : reportOfExperiment(experiment, flags));
};
