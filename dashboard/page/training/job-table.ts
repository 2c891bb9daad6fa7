/** A table of all jobs with their results. */
import type { VNode } from "preact";
import type { JobView } from "../../view.ts";
import { count, decimal, percent } from "../format.ts";
import { h, html } from "../html.ts";
import { Badge } from "../parts/badge.ts";
import { Prose } from "../text/prose.ts";
import { choose, chosenJob } from "./gantt.ts";
import { outcomeOf } from "./outcome.ts";

/** The gate: anchor accuracy before and after, as two dots on a line and as numbers. */
const Gate = ({ before, after }: JobView): VNode => {
  if (before === undefined || after === undefined) return html`<span class="quiet">not measured</span>`;
  const sign = after > before ? "▲" : after < before ? "▼" : "=";
  const x = (share: number) => 4 + 72 * share;
  return html`<span class="gate">
    <svg viewBox="0 0 80 14" class="gate-line" aria-hidden="true">
      <path d="M4 7H76" class="rail" />
      <path d=${`M${x(before)} 7H${x(after)}`} class=${after < before ? "fall" : "rise"} />
      <circle cx=${x(before)} cy="7" r="3.5" class="before" /><circle cx=${x(after)} cy="7" r="4" class="after" />
    </svg>
    <span>${percent(before, 1)} → ${percent(after, 1)} <span aria-hidden="true">${sign}</span></span>
  </span>`;
};

const steps = ({ losses, steps }: JobView): string => {
  const last = losses.at(-1);
  return last === undefined ? "–" : `${count(last.step)} of ${count(steps)}`;
};

const Row = (
  job: JobView,
): VNode => html`<tr key=${job.job} class=${chosenJob.value === job.job ? "chosen" : ""}>
  <th scope="row"><button type="button" class="plain" aria-pressed=${chosenJob.value === job.job ? "true" : "false"} onClick=${() => choose(job.job)}>${job.job}</button></th>
  <td class="number">${count(job.generation)}</td>
  <td class="number">${count(job.samples)}</td>
  <td class="number">${steps(job)}</td>
  <td class="number">${decimal(job.losses.at(-1)?.loss, 3)}</td>
  <td>${Gate(job)}</td>
  <td>${h(Badge, outcomeOf(job))}</td>
  <td class="cause">${job.cause === undefined ? "" : h(Prose, { text: job.cause, plain: true })}</td>
</tr>`;

export const JobTable = ({
  jobs,
}: {
  jobs: readonly JobView[];
}): VNode => html`<div class="table-scroll panel" tabindex="0"><table>
  <caption>Jobs, newest first</caption>
  <thead><tr>
    <th scope="col">job</th><th scope="col" class="number">generation</th><th scope="col" class="number">samples</th>
    <th scope="col" class="number">steps</th><th scope="col" class="number">loss [nats]</th>
    <th scope="col">gate: before → after</th><th scope="col">outcome</th><th scope="col">cause</th>
  </tr></thead>
  <tbody>${jobs.toReversed().map(Row)}</tbody>
</table></div>`;
