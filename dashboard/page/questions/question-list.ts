/** A searchable, paginated list of all questions that have ended, and of those that persons asked. */
import { computed } from "@preact/signals";
import type { VNode } from "preact";
import type { QuestionList as List, QuestionLine } from "../../view.ts";
import { count, decimal, percent, plural, timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import { Badge } from "../parts/badge.ts";
import { Waiting } from "../parts/waiting.ts";
import { amendRoute, formatRoute, route } from "../route.ts";
import { agentOf, roster } from "../state/agents.ts";
import { withQuery } from "../state/api.ts";
import { useResource } from "../state/resource.ts";
import { Prose } from "../text/prose.ts";
import { askedBadge, badgeOf, misledBadge } from "./outcome.ts";
import { filterNames, QuestionFilters } from "./question-filters.ts";
import type { SortKey } from "./question-query.ts";

const pageLength = 40;

/** Pages are counted from 0. */
const lastPage = (total: number): number => Math.max(0, Math.ceil(total / pageLength) - 1);

/** All members pose questions in their turn. */
const authors = computed(() =>
  roster.value.filter((name) => agentOf(name)?.peek().member === true).toSorted(),
);

const none = html`<span class="quiet">–</span>`;

const Line = (line: QuestionLine): VNode => html`<tr key=${line.question}>
  <td class="number">${count(line.round)}</td>
  <td class="question-text">
    <a href=${formatRoute({ page: "questions", id: line.question })}>${h(Prose, { text: line.text, plain: true })}</a>
  </td>
  <td>${h(Badge, badgeOf(line))}${line.misled === undefined ? null : h(Badge, misledBadge)}</td>
  <td>${line.askedBy === undefined ? line.author : h(Badge, askedBadge(line.askedBy))}</td>
  <td class="number">${line.askedBy === undefined ? decimal(line.difficulty, Number.isInteger(line.difficulty) ? 0 : 1) : none}</td>
  <td class="number">
    <span class="share-bar" aria-hidden="true"><span class="share" style=${{ width: percent(line.solutions === 0 ? 0 : line.verified / line.solutions) }}></span></span>
    ${line.verified} of ${line.solutions}
  </td>
  <td class="number">${count(line.admitted)}</td>
  <td>${line.winner === undefined ? none : html`<span aria-hidden="true">★</span> ${line.winner}`}</td>
  <td class="number quiet">${timeOfDay(line.at)}</td>
</tr>`;

const Pager = ({ total, page }: { total: number; page: number }): VNode => {
  const last = lastPage(total);
  const go = (to: number) => amendRoute({ page: to === 0 ? "" : String(to) });
  return html`<nav class="pager" aria-label="Pages of the list">
    <button type="button" disabled=${page === 0} onClick=${() => go(page - 1)}>← newer</button>
    <span>page ${page + 1} of ${last + 1}, ${plural(total, "question")}</span>
    <button type="button" disabled=${page >= last} onClick=${() => go(page + 1)}>older →</button>
  </nav>`;
};

/** Newest first; a click sorts by the column, another one turns the order. */
const sortBy = (key: SortKey): void => {
  const { sort = "time", order = "descending" } = route.value.query;
  const turned = sort === key && order === "descending" ? "ascending" : "descending";
  amendRoute({ sort: key, order: turned, page: "" });
};

const Sorted = (key: SortKey, look?: string): VNode => {
  const { sort = "time", order = "descending" } = route.value.query;
  const isSorted = sort === key;
  return html`<th scope="col" class=${look} aria-sort=${isSorted ? order : undefined}>
    <button type="button" class="plain" onClick=${() => sortBy(key)}>${key}<span aria-hidden="true">${isSorted ? (order === "ascending" ? " ↑" : " ↓") : ""}</span></button>
  </th>`;
};

const Table = (
  lines: readonly QuestionLine[],
): VNode => html`<div class="table-scroll panel" tabindex="0"><table class="question-table">
  <caption class="unseen">Questions</caption>
  <thead><tr>
    ${Sorted("round", "number")}<th scope="col">question</th><th scope="col">outcome</th>
    ${Sorted("author")}${Sorted("difficulty", "number")}${Sorted("verified", "number")}${Sorted("admitted", "number")}
    ${Sorted("winner")}${Sorted("time", "number")}
  </tr></thead>
  <tbody>${lines.map(Line)}</tbody>
</table></div>`;

const Found = ({ list, page }: { list: List; page: number }): VNode => html`<div>
  ${list.lines.length === 0 ? html`<p class="nothing">No question matches.</p>` : Table(list.lines)}
  ${h(Pager, { total: list.total, page })}
</div>`;

export const QuestionList = (): VNode => {
  const { query } = route.value;
  const filters = Object.fromEntries(filterNames.map((name) => [name, query[name]]));
  const pathOf = (page: number) =>
    withQuery("api/questions", { ...filters, offset: page * pageLength, limit: pageLength });
  const wanted = Math.max(0, Math.trunc(Number(query.page)) || 0);
  const total = useResource<List>(pathOf(wanted), "questions").data.value?.total;
  // At an earlier time the list is shorter, and the page in the address may be beyond its end.
  const page = total === undefined ? wanted : Math.min(wanted, lastPage(total));
  const { data, problem } = useResource<List>(pathOf(page), "questions");
  const list = data.value;
  return html`<div class="view questions">
    ${h(QuestionFilters, { authors: authors.value })}
    ${list === undefined ? h(Waiting, { what: "the questions", problem: problem.value }) : h(Found, { list, page })}
  </div>`;
};
