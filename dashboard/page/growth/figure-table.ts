/** The data of a figure as a table, for screen readers and for exact values. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { html } from "../html.ts";
import type { Curve, Figure } from "./figure.ts";

const cell = (figure: Figure, curve: Curve, index: number): string => {
  const axis = curve.axis === "right" && figure.right !== undefined ? figure.right : figure.left;
  const value = curve.values[index] ?? null;
  if (value === null) return "–";
  const [low, high] = [curve.low?.[index] ?? null, curve.high?.[index] ?? null];
  const band = low === null || high === null ? "" : ` (${axis.format(low)} to ${axis.format(high)})`;
  return `${axis.format(value)}${band}`;
};

const Rows = (figure: Figure): VNode => html`<div class="table-scroll" tabindex="0"><table>
  <caption>${figure.title}</caption>
  <thead><tr>
    <th scope="col">${figure.x.label}</th>
    ${figure.curves.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}
  </tr></thead>
  <tbody>
    ${figure.x.values.map(
      (x, index) => html`<tr key=${x}>
        <th scope="row">${figure.x.format(x)}</th>
        ${figure.curves.map((curve) => html`<td class="number">${cell(figure, curve, index)}</td>`)}
      </tr>`,
    )}
  </tbody>
</table></div>`;

export const FigureTable = ({ figure }: { figure: Figure }): VNode => {
  const [isOpen, setOpen] = useState(false);
  const toggled = (event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open);
  return html`<details class="as-table" onToggle=${toggled}>
    <summary>As a table</summary>
    ${isOpen ? Rows(figure) : null}
  </details>`;
};
