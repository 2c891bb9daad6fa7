/** Token costs by role: prompt and completion tokens, calls and the mean time of a call. */
import type { VNode } from "preact";
import type { TokenCell } from "../../view.ts";
import { count, duration } from "../format.ts";
import { h, html } from "../html.ts";
import { csvOf } from "./csv.ts";
import { TableTools } from "./table-tools.ts";

interface Cost {
  readonly role: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly seconds: number;
}

/** Costs summed over the models, highest first. */
export const costByRole = (cells: readonly TokenCell[]): readonly Cost[] => {
  const roles = Object.groupBy(cells, ({ role }) => role);
  return Object.entries(roles)
    .map(([role, group = []]) => ({
      role,
      calls: group.reduce((sum, { calls }) => sum + calls, 0),
      promptTokens: group.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
      completionTokens: group.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
      seconds: group.reduce((sum, { seconds }) => sum + seconds, 0),
    }))
    .toSorted((a, b) => b.promptTokens + b.completionTokens - a.promptTokens - a.completionTokens);
};

/** By model, which the page adds up. */
const budgetCsv = (cells: readonly TokenCell[]): string =>
  csvOf(
    ["model", "role", "calls", "prompt tokens", "completion tokens", "seconds of all calls"],
    cells.map(({ model, role, calls, promptTokens, completionTokens, seconds }) => [
      ...[model, role, calls, promptTokens, completionTokens, seconds],
    ]),
  );

const Bar = (
  { promptTokens, completionTokens }: Cost,
  maximum: number,
): VNode => html`<span class="budget-bar" aria-hidden="true">
  <span class="prompt" style=${{ width: `${(100 * promptTokens) / maximum}%` }}></span>
  <span class="completion" style=${{ width: `${(100 * completionTokens) / maximum}%` }}></span>
</span>`;

export const TokenBudget = ({ tokens }: { tokens: readonly TokenCell[] }): VNode => {
  const costs = costByRole(tokens);
  const maximum = Math.max(
    1,
    ...costs.map(({ promptTokens, completionTokens }) => promptTokens + completionTokens),
  );
  return html`<figure class="panel">
    <figcaption>
      <h3>Token budget by role</h3>
      ${h(TableTools, { title: "Token budget by role", csv: () => budgetCsv(tokens) })}
      <p><span class="key prompt"></span> prompt (plain) <span class="key completion"></span> completion (striped), sum over all models; calls run at the same time, so their time is given per call</p>
    </figcaption>
    <div class="table-scroll" tabindex="0"><table class="budget">
      <caption class="unseen">Tokens, calls and mean time of a call by role</caption>
      <thead><tr>
        <th scope="col">role</th><th scope="col"><span class="unseen">share</span></th>
        <th scope="col" class="number">prompt</th><th scope="col" class="number">completion</th>
        <th scope="col" class="number">calls</th><th scope="col" class="number">per call</th>
      </tr></thead>
      <tbody>
        ${costs.map(
          (cost) => html`<tr key=${cost.role}>
            <th scope="row">${cost.role}</th><td class="budget-cell">${Bar(cost, maximum)}</td>
            <td class="number">${count(cost.promptTokens)}</td><td class="number">${count(cost.completionTokens)}</td>
            <td class="number">${count(cost.calls)}</td><td class="number">${cost.calls === 0 ? "–" : duration(cost.seconds / cost.calls)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
    ${costs.length === 0 ? html`<p class="nothing">There are no model calls yet.</p>` : null}
  </figure>`;
};
