/**
 * Legend of a plot: each curve with colour, dash, marker and value (under the cursor, else the newest). A click hides
 * the curve.
 */
import type { VNode } from "preact";
import { shapePath } from "../flow/shape.ts";
import { html } from "../html.ts";
import type { Axis, Curve, Figure } from "./figure.ts";

const Swatch = ({ look: { token, dash, marker }, kind = "line" }: Curve): VNode => html`<svg
  viewBox="0 0 34 14"
  class="swatch wide"
  aria-hidden="true"
  style=${{ color: `var(${token})` }}
>
  ${
    kind === "bars"
      ? html`<rect x="9" y="1" width="16" height="12" rx="2" fill="currentColor" fill-opacity="0.45" stroke="currentColor" />`
      : html`<g>
          <path d="M0 7H34" stroke="currentColor" stroke-width="2" stroke-dasharray=${dash.join(" ")} fill="none" />
          <path d=${shapePath(marker, 17, 7, 4)} fill="currentColor" />
        </g>`
  }
</svg>`;

const newest = (values: Curve["values"]): number | null => values.findLast((value) => value !== null) ?? null;

const axisOf = ({ left, right }: Figure, { axis }: Curve): Axis => (axis === "right" && right ? right : left);

export interface PlotLegendProps {
  readonly figure: Figure;
  readonly hidden: ReadonlySet<string>;
  /** Index of the point under the cursor. */
  readonly cursor: number | null;
  readonly onToggle: (label: string) => void;
}

export const PlotLegend = ({ figure, hidden, cursor, onToggle }: PlotLegendProps): VNode => {
  const x = cursor === null ? undefined : figure.x.values[cursor];
  const valueText = (curve: Curve): string => {
    const value = cursor === null ? newest(curve.values) : (curve.values[cursor] ?? null);
    return value === null ? "–" : axisOf(figure, curve).format(value);
  };
  const stars = figure.stars ?? [];
  const marks = figure.marks ?? [];
  return html`<div class="plot-legend">
    <p class="plot-at" aria-live="polite">${
      x === undefined ? "newest" : `${figure.x.label.replace(/ \[.*/, "")} ${figure.x.format(x)}`
    }</p>
    ${figure.curves.map(
      (curve) => html`<button
        key=${curve.label}
        type="button"
        class="legend-item"
        aria-pressed=${hidden.has(curve.label) ? "false" : "true"}
        onClick=${() => onToggle(curve.label)}
      >
        ${Swatch(curve)}<span class="legend-name">${curve.label}</span>
        <span class="legend-value">${valueText(curve)}</span>
      </button>`,
    )}
    ${
      stars.length === 0
        ? null
        : html`<span class="legend-star"><span class="star" aria-hidden="true">★</span> ${stars
            .map(({ label }) => label)
            .slice(-3)
            .join("; ")}</span>`
    }
    ${
      marks.length === 0
        ? null
        : html`<span class="legend-star"><span class="mark" aria-hidden="true">✗</span> ${marks
            .map(({ label }) => label)
            .slice(-3)
            .join("; ")}</span>`
    }
  </div>`;
};
