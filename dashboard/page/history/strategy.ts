/** The strategy in force, why it last changed, and all changes before. */
import type { VNode } from "preact";
import type { GrowthView, HistoryView } from "../../view.ts";
import { timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import { Prose } from "../text/prose.ts";

const meanings: Readonly<Record<string, string>> = {
  explore: "Everybody learns from everybody: all that was verified counts.",
  elite: "The top-rated peers teach: their explained solutions are what the others see.",
  fresh: "Nobody sees examples: the history is forgotten and begins anew.",
};

export interface StrategyProps {
  readonly history: HistoryView;
  readonly switches: GrowthView["switches"];
}

export const Strategy = ({ history: { strategy, since }, switches }: StrategyProps): VNode => html`<section
  class="panel strategy"
  aria-labelledby="strategy-title"
>
  <h2 id="strategy-title">Strategy in force</h2>
  <p class="strategy-line">
    ${["fresh", "explore", "elite"].map(
      (one, index) => html`${index === 0 ? null : html`<span class="between" aria-hidden="true">⇄</span>`}
        <span class=${strategy === one ? "pole here" : "pole"}>${one}</span>`,
    )}
  </p>
  <p>${meanings[strategy] ?? ""}</p>
  ${
    since === undefined
      ? html`<p class="quiet">It has not changed since the run began.</p>`
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
