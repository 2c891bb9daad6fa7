/** The message flow as a table: the busiest arrows, each with a link to its events. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { rate } from "../format.ts";
import { html } from "../html.ts";
import { type Arrow, ledger } from "./ledger.ts";

const maximumRows = 40;

const busiest = (): readonly Arrow[] =>
  ledger.arrows.toSorted((a, b) => b.rate - a.rate).slice(0, maximumRows);

const Rows = ({ onOpen }: { onOpen: (arrow: Arrow) => void }): VNode => {
  const [arrows, setArrows] = useState(busiest);
  useEffect(() => {
    const timer = setInterval(() => setArrows(busiest()), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="table-scroll"><table>
    <caption>The ${maximumRows} arrows with the most messages now</caption>
    <thead><tr>
      <th scope="col">From</th><th scope="col">To</th><th scope="col">Messages</th>
      <th scope="col" class="number">per second</th><th scope="col"><span class="unseen">Events</span></th>
    </tr></thead>
    <tbody>
      ${arrows.map(
        (arrow) => html`<tr key=${`${arrow.from} ${arrow.to} ${arrow.family.name}`}>
          <td>${arrow.from}</td><td>${arrow.to}</td><td>${[...arrow.types.keys()].join(", ")}</td>
          <td class="number">${rate(arrow.rate)}</td>
          <td><button type="button" class="plain" onClick=${() => onOpen(arrow)}>events</button></td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
};

export const FlowTable = ({ onOpen }: { onOpen: (arrow: Arrow) => void }): VNode => {
  const [isOpen, setOpen] = useState(false);
  const toggled = (event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open);
  return html`<details class="as-table" onToggle=${toggled}>
    <summary>As a table</summary>
    ${isOpen ? html`<${Rows} onOpen=${onOpen} />` : null}
  </details>`;
};
