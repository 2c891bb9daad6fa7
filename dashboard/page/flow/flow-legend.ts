/** Legend of the message flow: the families' shapes, the dots' sizes and each family's rate. A click hides a family. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { rate } from "../format.ts";
import { html } from "../html.ts";
import { radiusOf } from "./dots.ts";
import { type Family, families } from "./family.ts";
import { ledger } from "./ledger.ts";
import { shapePath } from "./shape.ts";

/** Names of the hidden families. */
export const hiddenFamilies = signal<ReadonlySet<string>>(new Set());

const toggle = (name: string): void => {
  const hidden = new Set(hiddenFamilies.peek());
  if (!hidden.delete(name)) hidden.add(name);
  hiddenFamilies.value = hidden;
};

const ratesByFamily = (): ReadonlyMap<string, number> => {
  const rates = new Map<string, number>();
  for (const { family, rate } of ledger.arrows) rates.set(family.name, (rates.get(family.name) ?? 0) + rate);
  return rates;
};

const Swatch = ({
  shape,
  token,
}: Family): VNode => html`<svg viewBox="-8 -8 16 16" class="swatch" aria-hidden="true">
  <path d=${shapePath(shape, 0, 0, 5)} style=${{ fill: `var(${token})` }} fill-rule="evenodd" />
</svg>`;

const sizes = [1, 10, 100, 1000];

const SizeScale = (): VNode => html`<p class="flow-sizes">
  <span>One dot is</span>
  ${sizes.map(
    (unit) => html`<span>
      <svg viewBox="-8 -8 16 16" class="swatch" aria-hidden="true"><circle r=${radiusOf(unit)} /></svg>${unit}
    </span>`,
  )}
  <span>messages</span>
</p>`;

export const FlowLegend = (): VNode => {
  const [rates, setRates] = useState(ratesByFamily);
  useEffect(() => {
    const timer = setInterval(() => setRates(ratesByFamily()), 500);
    return () => clearInterval(timer);
  }, []);
  const hidden = hiddenFamilies.value;
  const total = [...rates.values()].reduce((sum, value) => sum + value, 0);
  return html`<div class="flow-legend">
    <p class="flow-total"><strong>${rate(total)}</strong> deliveries/s</p>
    <ul>
      ${families.map(
        (family) => html`<li key=${family.name}>
          <button
            type="button"
            class="legend-item"
            aria-pressed=${hidden.has(family.name) ? "false" : "true"}
            onClick=${() => toggle(family.name)}
          >
            ${Swatch(family)}
            <span class="legend-name">${family.about}</span>
            <span class="legend-value">${rate(rates.get(family.name) ?? 0)}/s</span>
          </button>
        </li>`,
      )}
    </ul>
    ${SizeScale()}
  </div>`;
};
