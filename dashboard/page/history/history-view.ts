/** The history page: elite history, strategy and components. */
import type { VNode } from "preact";
import type { Exemplar } from "../../../runtime/messages.ts";
import type { HistoryView as History } from "../../view.ts";
import { decimal } from "../format.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { formatRoute } from "../route.ts";
import { useResource } from "../state/resource.ts";
import { headline } from "../state/shown.ts";
import { Prose } from "../text/prose.ts";
import { Components } from "./components.ts";
import { Strategy } from "./strategy.ts";

const Quality = ({ quality, mu }: Pick<Exemplar, "quality" | "mu">): VNode =>
  html`<span class="quality" title="share of the peers' votes; the author's μ breaks ties"
    >votes ${decimal(100 * quality, 0)} % · μ ${decimal(mu, 1)}</span
  >`;

const Card = ({ question, text, solution, explanation, author, quality, mu }: Exemplar): VNode => html`<li
  key=${question}
  class="panel exemplar"
>
  <header>
    <h3>${h(Prose, { text })}</h3>
    ${h(Quality, { quality, mu })}
  </header>
  <p class="model-text">${h(Prose, { text: solution })}</p>
  <p class="explanation"><span class="quiet">${author} explains:</span> ${h(Prose, { text: explanation })}</p>
  <a href=${formatRoute({ page: "questions", id: question })}>the whole question</a>
</li>`;

export const HistoryView = (): VNode => {
  const { data, problem } = useResource<History>("api/history", "history");
  const history = data.value;
  if (history === undefined) return h(Waiting, { what: "the history", problem: problem.value });
  return html`<div class="view history">
    <div class="history-top">
      ${h(Strategy, { history })}
      ${h(Components, { components: headline.value?.components ?? {} })}
    </div>
    <section aria-labelledby="elite-title">
      <h2 id="elite-title">Elite history <small>few-shot examples for the solvers</small></h2>
      ${
        history.exemplars.length === 0
          ? html`<p class="nothing">No solution has been explained yet.</p>`
          : html`<ol class="exemplars">${history.exemplars.map(Card)}</ol>`
      }
    </section>
  </div>`;
};
