/** Ticked runs side by side: one figure for all, what was set differently, and the differences with intervals. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { ComparedLine, ComparisonView } from "../../shelf/shelf-view.ts";
import { percent } from "../format.ts";
import { Plot } from "../growth/plot.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { firstMeasure, type Measure, measuresIn, overlay } from "./overlay.ts";
import { families } from "./run-order.ts";
import { settingText } from "./setting.ts";
import { compare, comparison, comparisonProblem, growths, loadGrowth, tickedRuns } from "./state.ts";

const chosen = signal<string | undefined>(undefined);

const nameOf = ({ figure, curve }: Measure): string => `${figure}: ${curve}`;

const Choice = (measures: readonly Measure[], measure: Measure): VNode => html`<label class="measure">
  <span>Figure</span>
  <select
    value=${nameOf(measure)}
    onChange=${(event: Event) => {
      chosen.value = (event.currentTarget as HTMLSelectElement).value;
    }}
  >
    ${[...Map.groupBy(measures, ({ figure }) => figure)].map(
      ([figure, all]) => html`<optgroup key=${figure} label=${figure}>
        ${all.map((one) => html`<option key=${one.curve} value=${nameOf(one)}>${one.curve}</option>`)}
      </optgroup>`,
    )}
  </select>
</label>`;

const Overlay = (): VNode => {
  const runs = tickedRuns.value;
  const known = growths.value;
  const groups = useMemo(
    () =>
      families(runs).map(({ label, runs: members }) => ({
        label,
        growths: members.flatMap(({ key }) => known[key] ?? []),
      })),
    [runs, known],
  );
  const all = useMemo(() => groups.flatMap((group) => group.growths), [groups]);
  const measures = useMemo(() => measuresIn(all), [all]);
  const measure = measures.find((one) => nameOf(one) === chosen.value) ?? firstMeasure(measures, all);
  const figure = useMemo(
    () => (measure === undefined ? undefined : overlay(groups, measure)),
    [groups, measure],
  );
  if (measure === undefined || figure === undefined)
    return h(Waiting, { what: "the curves", problem: undefined });
  return html`<div class="overlay">${Choice(measures, measure)}${h(Plot, { key: figure.title, figure, height: 320 })}</div>`;
};

const Differences = ({ config, runs }: ComparisonView): VNode => {
  const keys = Object.entries(config);
  if (keys.length === 0) return html`<p class="quiet">Their configurations are the same.</p>`;
  return html`<div class="table-scroll" tabindex="0"><table class="settings">
    <caption>Set differently</caption>
    <thead><tr><th scope="col">key</th>${runs.map(({ run }) => html`<th scope="col" key=${run}>${run}</th>`)}</tr></thead>
    <tbody>
      ${keys.map(
        ([key, values]) => html`<tr key=${key}>
          <th scope="row"><code>${key}</code></th>
          ${values.map((value) => html`<td><code>${settingText(value)}</code></td>`)}
        </tr>`,
      )}
    </tbody>
  </table></div>`;
};

const kindWords = { "zero-shot": "", "elite-shot": " (elite examples)", role: " (role)" } as const;
const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

const Row = (line: ComparedLine): VNode => {
  const { kind, set, model, first, second, difference, low, high, p, problems, pairedBy } = line;
  const isClear = low > 0 || high < 0;
  return html`<tr key=${`${kind} ${set} ${model}`} class=${model === undefined ? "mean" : undefined}>
    <th scope="row">${set}${kindWords[kind]}, ${model ?? "mean"}</th>
    <td class="number">${percent(first, 1)}</td><td class="number">${percent(second, 1)}</td>
    <td class="number">${isClear ? html`<strong>${points(difference)}</strong>` : points(difference)}</td>
    <td class="number">${points(low)} to ${points(high)}</td>
    <td class="number">${p === undefined ? "" : p.toFixed(4)}</td>
    <td class="number">${problems}${pairedBy === "problems" ? "" : ", others"}</td>
  </tr>`;
};

const withModels = signal(false);

/** The means alone, where a set has one. */
const shownLines = (lines: readonly ComparedLine[]): readonly ComparedLine[] => {
  const hasMean = (line: ComparedLine) =>
    lines.some(({ kind, set, model }) => model === undefined && kind === line.kind && set === line.set);
  return withModels.value ? lines : lines.filter((line) => line.model === undefined || !hasMean(line));
};

const Result = ({ first, second, differences }: ComparisonView["comparisons"][number]): VNode =>
  differences.length === 0
    ? html`<p key=${second}><strong>${second}</strong> against ${first}: nothing was measured in both.</p>`
    : html`<div key=${second} class="table-scroll" tabindex="0"><table class="results">
        <caption><strong>${second}</strong> against ${first}: right answers with the final weights, difference in points with its 95 % interval</caption>
        <thead><tr>
          <th scope="col">set</th><th scope="col" class="number">${first}</th><th scope="col" class="number">${second}</th>
          <th scope="col" class="number">difference</th><th scope="col" class="number">95 % interval</th>
          <th scope="col" class="number">p</th><th scope="col" class="number">problems</th>
        </tr></thead>
        <tbody>${shownLines(differences).map(Row)}</tbody>
      </table></div>`;

const Figures = (): VNode => {
  const found = comparison.value;
  if (found === undefined) return h(Waiting, { what: "the differences", problem: comparisonProblem.value });
  return html`<div class="compared">
    <section class="panel" aria-label="Configuration">${h(Differences, found)}</section>
    <section class="panel" aria-label="Results">
      <label><input
        type="checkbox"
        checked=${withModels.value}
        onChange=${() => {
          withModels.value = !withModels.value;
        }}
      /> each model</label>
      ${found.comparisons.map(Result)}
      <p class="quiet note">The figures of <code>agora compare</code>: paired where both answered the same problems, wider where they did not.</p>
    </section>
  </div>`;
};

export const Comparison = (): VNode => {
  const keys = tickedRuns.value.map(({ key }) => key);
  const [choice, isAlone] = [keys.join("\n"), keys.length < 2];
  useEffect(() => {
    for (const key of keys) void loadGrowth(key);
    if (!isAlone) void compare(keys);
  }, [choice]);
  if (keys.length === 0)
    return html`<p class="quiet">Tick two or more runs to compare them. A run's name opens its page.</p>`;
  return html`<section class="comparison" aria-labelledby="comparison-title">
    <h2 id="comparison-title">Side by side <small>${keys.length === 1 ? "tick another run to compare" : `${keys.length} runs`}</small></h2>
    ${h(Overlay, {})}
    ${isAlone ? null : h(Figures, {})}
  </section>`;
};
