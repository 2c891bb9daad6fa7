/** The report as Markdown, with the figures as files beside it. */
import { runTable } from "./accuracy-tables.ts";
import type { ExperimentFacts, PlannedState } from "./experiment-facts.ts";
import { type ReportPart, reportParts, summaryLines } from "./report-parts.ts";
import { armTarget, type Cell, runTarget, type Table } from "./table.ts";

/** Texts of models and endpoints may contain anything. */
const harmless = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .slice(0, 2_000)
    .replaceAll(/[\\|`<>*_[\]]/g, (sign) => `\\${sign}`);

/** Markdown has no underline; HTML's is understood by most renderers. */
const cellText = (cell: Cell): string => {
  const text = harmless(cell.text);
  const marked = cell.rank === "best" ? `**${text}**` : cell.rank === "second" ? `<u>${text}</u>` : text;
  return cell.target === undefined ? marked : `[${marked}](#${cell.target})`;
};

const tableLines = ({ title, caption, head, rows }: Table): string[] => {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    ...[`### ${harmless(title)}`, "", line(head.map(harmless))],
    line(head.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map((row) => line(row.map(cellText))),
    ...["", harmless(caption), ""],
  ];
};

const partLines = ({ title, notes, alarms, tables, figures }: ReportPart): string[] => [
  ...[`## ${title}`, ""],
  ...notes.flatMap((note) => [harmless(note), ""]),
  ...alarms.flatMap((alarm) => [`**Alarm.** ${harmless(alarm)}`, ""]),
  ...tables.flatMap(tableLines),
  ...figures.flatMap((figure) => [
    `![${harmless(figure.title)}](figures/${encodeURIComponent(figure.id)}.svg)`,
    ...["", harmless(figure.caption), ""],
  ]),
];

const runLine = ({ run, seed, state, reason, folder, command }: PlannedState): string =>
  `- <a id="${runTarget(run)}"></a>${harmless(run)}, seed ${seed}: ${state}${reason === undefined ? "" : ` (${harmless(reason)})`}; [folder](${encodeURI(folder)}), configuration in [configs/${run}.yaml](${encodeURI(`../configs/${run}.yaml`)}), \`${command}\``;

export const reportMarkdown = (facts: ExperimentFacts, files: readonly string[]): string => {
  const { experiment, planned } = facts;
  return [
    ...[`# ${harmless(experiment.title)}`, ""],
    ...summaryLines(facts).flatMap((line) => [harmless(line), ""]),
    ...reportParts(facts).flatMap(partLines),
    ...["## Runs", ""],
    ...experiment.arms.flatMap(({ name }) => [
      ...[`<a id="${armTarget(name)}"></a>`, ""],
      ...[runTable(facts, name) ?? []].flat().flatMap(tableLines),
      ...planned.filter(({ arm }) => arm === name).map(runLine),
      "",
    ]),
    ...["## Data", "", ...files.map((file) => `- [${file}](${encodeURI(file)})`), ""],
  ].join("\n");
};
