/** The accuracy of each model over time as steps, with a tick for every new version. */
import type { VNode } from "preact";
import type { AccuracyLine } from "../../view.ts";
import { html } from "../html.ts";

const width = 300;
const height = 96;
const margin = { left: 36, right: 6, top: 6, bottom: 6 };

type Model = AccuracyLine["models"][number];

interface Scale {
  x(at: number): number;
  y(accuracy: number): number;
}

const scaleOf = (from: number, to: number): Scale => {
  const span = Math.max(1, to - from);
  return {
    x: (at) => margin.left + ((width - margin.left - margin.right) * (at - from)) / span,
    y: (accuracy) => height - margin.bottom - (height - margin.top - margin.bottom) * accuracy,
  };
};

export const stepPath = ({ points }: Pick<Model, "points">, { x, y }: Scale, to: number): string => {
  const [first] = points;
  if (first === undefined) return "";
  const rest = points.slice(1).map(({ at, accuracy }) => `H${x(at).toFixed(1)}V${y(accuracy).toFixed(1)}`);
  return `M${x(first.at).toFixed(1)} ${y(first.accuracy).toFixed(1)}${rest.join("")}H${x(to).toFixed(1)}`;
};

const Ticks = ({ points }: Model, index: number, { x, y }: Scale): VNode[] =>
  points
    .slice(1)
    .map(
      ({ at, adapter, accuracy }) =>
        html`<path key=${`${index} ${at}`} class=${`version line-${index + 1}`} d=${`M${x(at).toFixed(1)} ${(y(accuracy) - 5).toFixed(1)}v10`}><title>version ${adapter}</title></path>`,
    );

const Guide = (share: number, { y }: Scale): VNode => html`<g key=${share}>
  <line class="guide" x1=${margin.left} x2=${width - margin.right} y1=${y(share)} y2=${y(share)} />
  <text x=${margin.left - 5} y=${y(share)} dy="0.35em" text-anchor="end">${100 * share}%</text>
</g>`;

/** @param from and `to`: the shown time [epoch ms] */
export const AccuracyChart = ({
  models,
  from,
  to,
}: {
  readonly models: readonly Model[];
  readonly from: number;
  readonly to: number;
}): VNode => {
  const scale = scaleOf(from, to);
  return html`<svg class="accuracy-chart" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
    ${[0, 0.5, 1].map((share) => Guide(share, scale))}
    ${models.map((model, index) => html`<path key=${model.model} class=${`course line-${index + 1}`} d=${stepPath(model, scale, to)} />`)}
    ${models.map((model, index) => Ticks(model, index, scale))}
  </svg>`;
};
