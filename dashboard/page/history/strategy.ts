/** The current strategy, the cause of the last switch, and all earlier switches. */
import type { VNode } from "preact";
import type { HistoryView } from "../../view.ts";
import { timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import { Prose } from "../text/prose.ts";

const meanings: Readonly<Record<string, string>> = {
  explore: "All members learn from all members: every verified solution counts.",
  elite: "Top-rated members teach: the others see their explained solutions.",
  fresh: "Solvers get no examples: the history is cleared and starts again.",
};

export interface StrategyProps {
  readonly history: HistoryView;
}

export const Strategy = ({ history: { strategy, since, switches } }: StrategyProps): VNode => html`<section
  class="panel strategy"
  aria-labelledby="strategy-title"
>
  <h2 id="strategy-title">Current strategy</h2>
  <p class="strategy-line">
    ${["fresh", "explore", "elite"].map(
      (one, index) => html`${index === 0 ? null : html`<span class="between" aria-hidden="true">⇄</span>`}
        <span class=${strategy === one ? "pole here" : "pole"}>${one}</span>`,
    )}
  </p>
  <p>${meanings[strategy] ?? ""}</p>
  ${
    since === undefined
      ? html`<p class="quiet">It has not changed during this run.</p>`
      : html`<p>Since round ${since.round} (${timeOfDay(since.at)}): ${h(Prose, { text: since.cause, plain: true })}</p>`
  }
  ${
    switches.length === 0
      ? null
      : html`<ol class="switches">
          ${switches.toReversed().map(
            ({ round, at, after, cause }) => html`<li key=${at}>
              <span class="star" aria-hidden="true">★</span><span>round ${round}</span><strong>${after}</strong>
              <span class="quiet">${h(Prose, { text: cause, plain: true })}</span>
            </li>`,
          )}
        </ol>`
  }
</section>`;
