/** The growth page: curves of the society's learning, refusals and token costs. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { GrowthView as Growth } from "../../view.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { run } from "../state/playback.ts";
import { useResource } from "../state/resource.ts";
import * as figures from "./figures.ts";
import { Plot } from "./plot.ts";
import { Refusals } from "./refusals.ts";
import { TokenBudget } from "./token-budget.ts";

const surpriseThreshold = (): number | undefined => {
  const threshold = run.value?.config.surpriseThreshold;
  return typeof threshold === "number" ? threshold : undefined;
};

const figuresOf = (growth: Growth, threshold: number | undefined) => [
  figures.passRateFigure(growth),
  figures.accuracyFigure(growth),
  figures.ratingFigure(growth),
  figures.anchorFigure(growth),
  figures.yieldFigure(growth),
  figures.fillingFigure(growth),
  figures.precisionFigure(growth),
  figures.surpriseFigure(growth, threshold),
  figures.lengthFigure(growth),
];

export const GrowthView = (): VNode => {
  const { data, problem } = useResource<Growth>("api/growth", "growth");
  const growth = data.value;
  const threshold = surpriseThreshold();
  const plots = useMemo(
    () => (growth === undefined ? [] : figuresOf(growth, threshold)),
    [growth, threshold],
  );
  if (growth === undefined) return h(Waiting, { what: "the curves", problem: problem.value });
  return html`<div class="view growth">
    <div class="plots">
      ${plots.map((figure) => h(Plot, { key: figure.title, figure }))}
      ${h(Refusals, { verdicts: growth.verdicts })}
      ${h(TokenBudget, { tokens: growth.tokens })}
    </div>
  </div>`;
};
