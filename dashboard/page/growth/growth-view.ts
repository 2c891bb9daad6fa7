/** The growth page: curves of the society's learning, refusals and token costs. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { GrowthView as Growth } from "../../view.ts";
import { count, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { run } from "../state/playback.ts";
import { useResource } from "../state/resource.ts";
import { figureSettings, figuresOf } from "./all-figures.ts";
import { Plot } from "./plot.ts";
import { Refusals } from "./refusals.ts";
import { TokenBudget } from "./token-budget.ts";

export const GrowthView = (): VNode => {
  const { data, problem } = useResource<Growth>("api/growth", "growth");
  const growth = data.value;
  const { config } = run.value ?? {};
  const plots = useMemo(
    () => (growth === undefined ? [] : figuresOf(growth, figureSettings(config))),
    [growth, config],
  );
  if (growth === undefined) return h(Waiting, { what: "the curves", problem: problem.value });
  const { thinned } = growth;
  return html`<div class="view growth">
    ${thinned && html`<p class="quiet">The curves show ${count(thinned.shown)} of ${plural(thinned.all, "point")}, evenly thinned. An earlier time, a replay and a report show all.</p>`}
    <div class="plots">
      ${plots.map((figure) => h(Plot, { key: figure.title, figure }))}
      ${h(Refusals, { verdicts: growth.verdicts })}
      ${h(TokenBudget, { tokens: growth.tokens })}
    </div>
  </div>`;
};
