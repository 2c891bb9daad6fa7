/** `agora report`: writes what a run learned, with confidence intervals, and how to repeat it, as Markdown. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { shownConfig } from "../../dashboard/record/stored-config.ts";
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

export const report = async (run: string, flags: ReportFlags): Promise<void> => {
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
