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
import { wordOf } from "../../runtime/config/model-keys.ts";
import { quoted } from "../../runtime/shell-word.ts";
import { UsageError } from "../exit-codes.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { knownRunFolder } from "./known-run.ts";
import { readRecorded } from "./recorded.ts";

interface ReportFlags extends OutputFlags {
  readonly runs: string;
  readonly output?: string;
  readonly html?: string;
}

/** The configuration of a repetition: all values except the name and the folder of the run. */
const repeatable = (config: Config): string => {
  const { run: _run, runsFolder: _folder, ...values } = shownConfig(config) as Record<string, unknown>;
  return stringify(values);
};

/** A name that a run may have: the run's folder may have got any name since. */
const againOf = (run: string): string => `${wordOf(run, 58)}-again`;

const reportOfRun = async (run: string, flags: ReportFlags): Promise<void> => {
  const { folder, settings: config, records, task } = await readRecorded(run, flags.runs);
  const facts = reportFacts(records, config, task);
  const file = resolve(flags.output ?? join(folder, "report.md"));
  const configFile = join(folder, "config.yaml");
  const settings = repeatable(config);
  writeFileSync(configFile, settings);
  const command = `${program} run --config ${quoted(configFile)} --set run=${againOf(run)}`;
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

/** The page of a run as one file. */
const pageOfRun = async (run: string, html: string, flags: ReportFlags): Promise<void> => {
  const folder = knownRunFolder(run, flags.runs);
  const { PageRun } = await import("../../dashboard/page-run.ts");
  const { pageFile } = await import("../../dashboard/file/page-file.ts");
  const { knowledgeOfRun } = await import("./run-knowledge.ts");
  const page = new PageRun({ folder, ...(await knowledgeOfRun(folder, run)) });
  try {
    const { html: text, ...facts } = await pageFile(page, run);
    const file = resolve(html);
    writeFileSync(file, text);
    const { size, samples, transcripts, questions } = facts;
    new Output(flags).show(
      { file, ...facts },
      () =>
        `Written to ${file}: ${(size / 1e6).toFixed(1)} MB, ${samples} times, ${transcripts} of ${questions} questions with transcripts`,
    );
  } finally {
    await page.close();
  }
};

/** `name`: of a run, or of an experiment in the same folder. */
export const report = async (name: string, flags: ReportFlags): Promise<void> => {
  const experiment = storedExperiment(join(resolve(flags.runs), name));
  if (flags.html !== undefined) {
    if (experiment !== undefined)
      throw new UsageError(`--html with experiment ${name}: its report is a page already`, {
        fix: "leave out --html, or name a run",
      });
    return pageOfRun(name, flags.html, flags);
  }
  await (experiment === undefined ? reportOfRun(name, flags) : reportOfExperiment(experiment, flags));
};
