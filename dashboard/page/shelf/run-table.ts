/** The table of all runs: sortable, searchable, and with a tick on each. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import type { RunLine } from "../../shelf/shelf-view.ts";
import { count, percent } from "../format.ts";
import { h, html } from "../html.ts";
import { Badge, type BadgeProps } from "../parts/badge.ts";
import {
  type Column,
  columns,
  configurationOf,
  found,
  gainOf,
  type Order,
  ordered,
  placeOf,
} from "./run-order.ts";
import { runPath, tick, ticked } from "./state.ts";

const order = signal<Order>({ column: "date", descending: true });
const search = signal("");

const states: Readonly<Record<RunLine["state"], BadgeProps>> = {
  finished: { tone: "good", sign: "✓", text: "finished" },
  playing: { tone: "accent", sign: "●", text: "playing" },
  open: { tone: "warn", sign: "❚❚", text: "not finished" },
  unreadable: { tone: "bad", sign: "⚠", text: "cannot be read" },
};

const dates = new Intl.DateTimeFormat("en-GB", {
  ...{ year: "2-digit", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
});
const numeric: ReadonlySet<Column> = new Set(["seed", "accuracy", "gain", "cost", "date"]);

const sortBy = (column: Column): void => {
  const { column: before, descending } = order.value;
  order.value = { column, descending: before === column ? !descending : numeric.has(column) };
};

const Heading = (column: Column): VNode => {
  const isSorted = order.value.column === column;
  const direction = order.value.descending ? "descending" : "ascending";
  return html`<th
    key=${column}
    scope="col"
    class=${numeric.has(column) ? "number" : undefined}
    aria-sort=${isSorted ? direction : undefined}
  >
    <button type="button" class="plain" onClick=${() => sortBy(column)}>
      ${column}<span aria-hidden="true">${isSorted ? (order.value.descending ? " ↓" : " ↑") : ""}</span>
    </button>
  </th>`;
};

const toggle = (key: string): void =>
  tick(ticked.value.includes(key) ? ticked.value.filter((one) => one !== key) : [...ticked.value, key]);

const Tick = ({ key, run, state }: RunLine): VNode => html`<td class="tick">
  <input
    type="checkbox"
    aria-label=${`Compare ${run}`}
    checked=${ticked.value.includes(key)}
    disabled=${state === "unreadable"}
    onChange=${() => toggle(key)}
  />
</td>`;

const points = (gain: number | undefined): string =>
  gain === undefined ? "–" : `${gain < 0 ? "−" : "+"}${Math.abs(100 * gain).toFixed(1)}`;

const Damaged = (line: RunLine): VNode => html`<tr key=${line.key}>
  ${Tick(line)}
  <td>${line.run}</td>
  <td>${placeOf(line)}</td>
  <td colspan=${columns.length - 2}>${h(Badge, states.unreadable)} <span class="quiet">${line.problem}</span></td>
</tr>`;

const Line = (line: RunLine): VNode => {
  const { key, run, models, seed, state, reason, accuracy, tokens, startedAt, rounds, questions } = line;
  const isTicked = ticked.value.includes(key);
  return html`<tr key=${key} class=${isTicked ? "ticked" : undefined}>
    ${Tick(line)}
    <td><a href=${runPath(key)}>${run}</a></td>
    <td>${placeOf(line)}</td>
    <td>${models.join(", ")}</td>
    <td>${configurationOf(line)}</td>
    <td class="number">${seed}</td>
    <td title=${[reason ?? "", `${count(rounds)} rounds, ${count(questions)} questions`].join(" · ")}>${h(Badge, states[state])}</td>
    <td class="number" title=${accuracy?.set}>
      ${accuracy === undefined ? "–" : html`<span>${percent(accuracy.before, 1)} → <strong>${percent(accuracy.after, 1)}</strong></span>`}
    </td>
    <td class="number">${points(gainOf(line))}</td>
    <td class="number">${count(tokens)}</td>
    <td class="number quiet">${dates.format(startedAt)}</td>
  </tr>`;
};

export const RunTable = ({ runs }: { runs: readonly RunLine[] }): VNode => {
  const lines = ordered(found(runs, search.value), order.value);
  return html`<section aria-labelledby="runs-title">
    <form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
      <h2 id="runs-title">Runs <small>${count(lines.length)} of ${count(runs.length)}</small></h2>
      <label class="search">
        <span>Search</span>
        <input
          type="search"
          placeholder="run, arm, model, component, state"
          value=${search.value}
          onInput=${(event: Event) => {
            search.value = (event.currentTarget as HTMLInputElement).value;
          }}
        />
      </label>
      <button type="button" disabled=${ticked.value.length === 0} onClick=${() => tick([])}>Untick all</button>
    </form>
    <div class="table-scroll panel" tabindex="0"><table class="run-table">
      <caption class="unseen">All runs of the folder</caption>
      <thead><tr><th scope="col"><span class="unseen">compare</span></th>${columns.map(Heading)}</tr></thead>
      <tbody>${lines.map((line) => (line.state === "unreadable" ? Damaged(line) : Line(line)))}</tbody>
    </table></div>
    ${lines.length === 0 ? html`<p class="nothing">No run matches.</p>` : null}
    <p class="quiet note">Accuracy: mean pass@1 of the models on the set that was measured first, before → after; cost: tokens of the society.</p>
  </section>`;
};
