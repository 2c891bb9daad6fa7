/** The manifest of an experiment (`experiment.json`), as far as the table of runs needs it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import type { ExperimentLine } from "./shelf-view.ts";

const Manifest = z.object({
  name: z.string(),
  title: z.string(),
  arms: z.array(z.object({ name: z.string(), keys: z.record(z.string(), z.unknown()) })),
  runs: z.array(z.object({ arm: z.string(), task: z.string(), config: z.object({ run: z.string() }) })),
});

export interface PlannedPlace {
  readonly experiment: string;
  readonly arm: string;
  readonly task: string;
}

export interface ExperimentFolder {
  readonly line: ExperimentLine;
  /** By the name of the run. */
  readonly places: ReadonlyMap<string, PlannedPlace>;
}

const manifestOf = (folder: string): z.infer<typeof Manifest> | undefined => {
  try {
    return Manifest.safeParse(JSON.parse(readFileSync(join(folder, "experiment.json"), "utf8"))).data;
  } catch {
    return undefined;
  }
};

export const reportFile = (folder: string): string => join(folder, "report", "report.html");

export const figureFile = (folder: string, name: string): string =>
  join(folder, "report", "figures", `${name}.svg`);

/** Names of the report's figures. */
export const figuresIn = (folder: string): string[] => {
  const figures = join(folder, "report", "figures");
  if (!existsSync(figures)) return [];
  return readdirSync(figures)
    .flatMap((name) => (name.endsWith(".svg") ? [name.slice(0, -4)] : []))
    .toSorted();
};

/** Undefined if the folder holds no experiment that this version can read. */
export const experimentFolder = (runsFolder: string, key: string): ExperimentFolder | undefined => {
  const folder = join(runsFolder, key);
  const manifest = manifestOf(folder);
  if (manifest === undefined) return undefined;
  const { name, title, arms, runs } = manifest;
  const begun = runs.filter(({ config }) => existsSync(journalFile(join(folder, config.run)))).length;
  return {
    line: {
      ...{ key, name, title, arms, planned: runs.length, begun },
      ...{ hasReport: existsSync(reportFile(folder)), figures: figuresIn(folder) },
    },
    places: new Map(runs.map(({ arm, task, config }) => [config.run, { experiment: name, arm, task }])),
  };
};
