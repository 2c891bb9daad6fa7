/** The page of all runs in a folder: experiments, the table, and ticked runs side by side. */
import type { VNode } from "preact";
import { count, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { switchTheme, theme } from "../theme.ts";
import { Comparison } from "./comparison.ts";
import { Experiments } from "./experiments.ts";
import { RunTable } from "./run-table.ts";
import { problem, shelf } from "./state.ts";

const Top = (): VNode => html`<header class="top">
  <a class="brand" href="/">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 8L12 3L21 8Z M4 19H20V21H4Z M6 10V17M10 10V17M14 10V17M18 10V17" /></svg>
    Agora
  </a>
  <h1 class="shelf-title">All runs <small class="quiet">${shelf.value?.folder ?? ""}</small></h1>
  <button type="button" class="icon" onClick=${switchTheme} aria-label=${`Switch to ${theme.value === "dark" ? "light" : "dark"}`}>
    ${theme.value === "dark" ? "☀" : "☾"}
  </button>
</header>`;

const Foreign = (names: readonly string[]): VNode | null =>
  names.length === 0
    ? null
    : html`<p class="quiet">${count(names.length)} folder${names.length === 1 ? "" : "s"} without a run: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}</p>`;

const Content = (): VNode => {
  const found = shelf.value;
  if (found === undefined) return h(Waiting, { what: "the runs", problem: problem.value });
  return html`<div class="view shelf">
    ${problem.value === undefined ? null : html`<p class="problem" role="alert">${problem.value}</p>`}
    ${h(Experiments, found)}
    ${found.unread === 0 ? null : html`<p role="status" class="quiet">Reading ${plural(found.unread, "more run")} …</p>`}
    ${h(RunTable, { runs: found.runs })}
    ${h(Comparison, {})}
    ${Foreign(found.foreign)}
  </div>`;
};

export const ShelfPage = (): VNode =>
  html`<div class="page">${h(Top, {})}<main id="main" tabindex="-1">${h(Content, {})}</main></div>`;
