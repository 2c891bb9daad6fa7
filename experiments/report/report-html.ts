/** The report as one HTML file: no script, nothing loaded, and no text that is not escaped. */
import { runTable } from "./accuracy-tables.ts";
import type { ExperimentFacts, PlannedState } from "./experiment-facts.ts";
import { inlineSvg, styleHash } from "./figures/draw.ts";
import type { Figure } from "./figures/figure.ts";
import { escaped } from "./figures/svg.ts";
import { pageStyle, shadeClass } from "./page-style.ts";
import { type ReportPart, reportParts, summaryLines } from "./report-parts.ts";
import { armTarget, type Cell, runTarget, type Table } from "./table.ts";

const policy = (): string =>
  `default-src 'none'; style-src '${styleHash(pageStyle)}'; img-src data:; base-uri 'none'; form-action 'none'`;

const ranked = ({ text, rank }: Cell): string => {
  const plain = escaped(text);
  if (rank === "best") return `<strong>${plain}</strong>`;
  return rank === "second" ? `<span class="second">${plain}</span>` : plain;
};

const cellHtml = (cell: Cell): string => {
  const shade = cell.shade === undefined ? "" : ` class="${shadeClass(cell.shade)}"`;
  const text = ranked(cell);
  return `<td${shade}>${cell.target === undefined ? text : `<a href="#${escaped(cell.target)}">${text}</a>`}</td>`;
};

const tableHtml = ({ title, caption, head, rows }: Table): string =>
  [
    `<h3>${escaped(title)}</h3><div class="scroll"><table><thead><tr>`,
    ...head.map((text) => `<th scope="col">${escaped(text)}</th>`),
    "</tr></thead><tbody>",
    ...rows.map((row) => `<tr>${row.map(cellHtml).join("")}</tr>`),
    `</tbody></table></div><p class="note">${escaped(caption)}</p>`,
  ].join("");

const figureHtml = (figure: Figure): string =>
  `<figure id="figure-${escaped(figure.id)}"><h3>${escaped(figure.title)}</h3>${inlineSvg(figure)}<figcaption>${escaped(figure.caption)} <a href="figures/${encodeURIComponent(figure.id)}.svg">SVG</a></figcaption></figure>`;

const partHtml = ({ id, title, notes, alarms, tables, figures }: ReportPart): string =>
  [
    `<section id="${id}"><h2>${escaped(title)}</h2>`,
    ...notes.map((note) => `<p>${escaped(note)}</p>`),
    ...alarms.map((alarm) => `<p class="alarm">${escaped(alarm)}</p>`),
    ...tables.map(tableHtml),
    ...figures.map(figureHtml),
    "</section>",
  ].join("\n");

const runHtml = (run: PlannedState): string => {
  const reason = run.reason === undefined ? "" : `: ${escaped(run.reason)}`;
  return [
    `<details><summary>${escaped(run.run)} · seed ${run.seed} · ${run.state}${reason}</summary>`,
    // Within the details: a link to it opens them.
    `<p class="note" id="${escaped(runTarget(run.run))}">Folder <a href="${escaped(encodeURI(run.folder))}">${escaped(run.folder)}</a>; <code>${escaped(run.command)}</code></p>`,
    `<pre>${escaped(run.settings)}</pre></details>`,
  ].join("");
};

const keysText = (keys: Readonly<Record<string, unknown>>): string => {
  const text = Object.entries(keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return text.length === 0 ? "the base configuration" : text.join(", ");
};

const runsHtml = (facts: ExperimentFacts): string =>
  [
    '<section id="runs"><h2>Runs</h2><p class="note">Every run with its seed and its whole configuration. A run is an ordinary run of Agora: the command shows it on its page.</p>',
    ...facts.experiment.arms.flatMap(({ name, keys }) => [
      `<div id="${escaped(armTarget(name))}">`,
      ...[runTable(facts, name) ?? []].flat().map(tableHtml),
      `<p class="note">${escaped(name)}: ${escaped(keysText(keys))}</p></div>`,
      ...facts.planned.filter(({ arm }) => arm === name).map(runHtml),
    ]),
    "</section>",
  ].join("\n");

const dataHtml = (files: readonly string[]): string =>
  [
    '<section id="data"><h2>Data</h2><p>',
    files.map((file) => `<a href="${escaped(encodeURI(file))}">${escaped(file)}</a>`).join(" · "),
    "</p></section>",
  ].join("");

/** `files`: of data beside the page, relative to it. */
export const reportHtml = (facts: ExperimentFacts, files: readonly string[]): string => {
  const parts = reportParts(facts);
  const links = [...parts.map(({ id, title }) => [id, title]), ["runs", "Runs"], ["data", "Data"]];
  const { title } = facts.experiment;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy()}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">',
    `<title>${escaped(title)}</title><style>${pageStyle}</style></head><body>`,
    `<header><h1>${escaped(title)}</h1>`,
    ...summaryLines(facts).map((line) => `<p>${escaped(line)}</p>`),
    `<nav><ul>${links.map(([id, text]) => `<li><a href="#${id}">${text}</a></li>`).join("")}</ul></nav></header>`,
    ...parts.map(partHtml),
    runsHtml(facts),
    dataHtml(files),
    "</body></html>\n",
  ].join("\n");
};
