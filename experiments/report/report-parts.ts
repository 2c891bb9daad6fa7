/** The parts of a report, the same for HTML and Markdown: what is said, and the tables and figures in their order. */

import { counted } from "../../machines/counted.ts";
import { budgetText } from "../arms/experiment.ts";
import { accuracyTables, differenceTable } from "./accuracy-tables.ts";
import type { ExperimentFacts } from "./experiment-facts.ts";
import { experimentFigures } from "./figures/experiment-figures.ts";
import type { Figure } from "./figures/figure.ts";
import { budgetTable, contaminationTable, groupTable, refusalTables } from "./group-tables.ts";
import type { Table } from "./table.ts";

export interface ReportPart {
  readonly id: string;
  readonly title: string;
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  /** Sentences before the tables. */
  readonly notes: readonly string[];
  readonly alarms: readonly string[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const alarmLines = ({ runs }: ExperimentFacts): string[] =>
  runs.flatMap(({ run, alarms = [] }) =>
    alarms.map(({ from, to, verifiers }) => {
      const who = verifiers.map(
        ({ verifier, before, after, p }) =>
          `${verifier} (${percent(before)} → ${percent(after)}, p = ${p.toPrecision(2)})`,
      );
      return `Run ${run}, rounds ${from} to ${to}: ${who.join(", ")} accept wrong solutions more often than at the start.`;
    }),
  );

const part = (id: string, title: string, more: Partial<ReportPart>): ReportPart => ({
  ...{ id, title, tables: [], figures: [], notes: [], alarms: [] },
  ...more,
});

const present = (tables: readonly (Table | undefined)[]): Table[] =>
  tables.filter((table) => table !== undefined);

export const reportParts = (facts: ExperimentFacts): ReportPart[] => [
  part("results", "Results", {
    tables: accuracyTables(facts),
    notes: facts.runs.length === 0 ? ["No run has finished."] : [],
  }),
  part("differences", "Paired differences", {
    tables: present([differenceTable(facts)]),
    notes: differenceTable(facts) === undefined ? ["No two arms share a seed."] : [],
  }),
  part("figures", "Figures", { figures: experimentFigures(facts) }),
  part("budget", "Budget", { tables: [budgetTable(facts)] }),
  part("group", "The group", {
    tables: [groupTable(facts), ...refusalTables(facts)],
    alarms: alarmLines(facts),
  }),
  part("contamination", "Contamination", { tables: [contaminationTable(facts)] }),
];

/** What was played, in two sentences. */
export const summaryLines = ({ experiment, planned, runs, versions }: ExperimentFacts): string[] => {
  const { arms, tasks, seeds, budget, problems, reference } = experiment;
  const failed = planned.filter(({ state }) => state === "failed").length;
  const open = planned.length - runs.length - failed;
  const sizes = [counted(arms.length, "arm"), ...(tasks.length > 1 ? [counted(tasks.length, "task")] : [])];
  return [
    `${sizes.join(" × ")} × ${counted(seeds.length, "seed")} (${seeds.join(", ")}), ${budgetText(budget)} each; ${runs.length} of ${counted(planned.length, "run")} finished${failed > 0 ? `, ${failed} failed` : ""}${open > 0 ? `, ${open} open` : ""}. Reference arm: ${reference}. In-domain benchmark: ${counted(problems, "held-out problem")}.`,
    `Agora ${versions.agora}, Node ${versions.node}; written ${versions.writtenAt}.`,
  ];
};
