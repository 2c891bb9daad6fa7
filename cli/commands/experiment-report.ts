/** `agora report` of an experiment: reads the journals of its runs and writes page, Markdown, figures and data. */
import { writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { shownConfig } from "../../dashboard/record/stored-config.ts";
import { type Experiment, type PlannedRun, runFolderOf } from "../../experiments/arms/experiment.ts";
import { stateOf } from "../../experiments/arms/run-state.ts";
import type { ExperimentFacts, PlannedState } from "../../experiments/report/experiment-facts.ts";
import { fileSvg } from "../../experiments/report/figures/draw.ts";
import { experimentFigures } from "../../experiments/report/figures/experiment-figures.ts";
import { csvOf, dataTables, parquetOf } from "../../experiments/report/report-data.ts";
import { reportHtml } from "../../experiments/report/report-html.ts";
import { reportMarkdown } from "../../experiments/report/report-markdown.ts";
import { type RunFacts, runFacts } from "../../experiments/report/run-facts.ts";
import { commandFor } from "../../experiments/result.ts";
import { packageVersion } from "../../runtime/package-version.ts";
import { readRecorded } from "./recorded.ts";
import { writeReportFiles } from "./report-files.ts";

const plannedState = (experiment: Experiment, run: PlannedRun, output: string): PlannedState => {
  const { arm, task, seed, config } = run;
  const state = stateOf(experiment, run);
  const folder = runFolderOf(experiment, run);
  return {
    ...{ run: config.run, arm, task, seed, state: state.state },
    reason: state.state === "failed" ? state.failure.reason : undefined,
    settings: stringify(shownConfig(config)),
    folder: relative(output, folder),
    command: commandFor("replay", { run: config.run, folder }),
  };
};

const factsOfRun = async ({ arm, task, seed, config }: PlannedRun, folder: string): Promise<RunFacts> => {
  const recorded = await readRecorded(folder, ".");
  const place = { run: config.run, arm, task, seed, folder };
  return runFacts(place, recorded.records, recorded.task);
};

/** Reads one journal after the other: they may be large. */
export const experimentFacts = async (experiment: Experiment, output: string): Promise<ExperimentFacts> => {
  const runs: RunFacts[] = [];
  for (const run of experiment.runs)
    if (stateOf(experiment, run).state === "finished")
      runs.push(await factsOfRun(run, runFolderOf(experiment, run)));
  const { runs: _runs, folder: _folder, ...plan } = experiment;
  return {
    experiment: plan,
    planned: experiment.runs.map((run) => plannedState(experiment, run, output)),
    runs,
    versions: {
      agora: packageVersion(),
      node: process.versions.node,
      writtenAt: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    },
  };
};

/** Writes the report into the folder; returns the facts and the page's path. */
export const writeExperimentReport = async (experiment: Experiment, given: string | undefined) => {
  const output = resolve(given ?? join(experiment.folder, "report"));
  const facts = await experimentFacts(experiment, output);
  const data = new Map<string, string | Uint8Array>();
  for (const table of dataTables(facts)) {
    data.set(`data/${table.name}.csv`, csvOf(table));
    data.set(`data/${table.name}.parquet`, await parquetOf(table));
  }
  const figures = experimentFigures(facts).map(
    (figure) => [`figures/${figure.id}.svg`, fileSvg(figure)] as const,
  );
  writeReportFiles(output, new Map([...figures, ...data]));
  const files = [...data.keys()];
  const page = join(output, "report.html");
  writeFileSync(page, reportHtml(facts, files));
  writeFileSync(join(output, "report.md"), reportMarkdown(facts, files));
  return { page, facts };
};
