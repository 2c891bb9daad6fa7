/** Refusal rates: one row per verifier, one column per author, with the errors if the task has ground truth. */
import type { VNode } from "preact";
import type { VerdictCell } from "../../view.ts";
import { percent } from "../format.ts";
import { h, html } from "../html.ts";
import { formatRoute } from "../route.ts";
import { csvOf } from "./csv.ts";
import { TableTools } from "./table-tools.ts";

const refusals = ({ accepted, refused }: VerdictCell): number | undefined =>
  accepted + refused === 0 ? undefined : refused / (accepted + refused);

const describe = (cell: VerdictCell): string =>
  [
    `${cell.verifier} on ${cell.author}: ${cell.accepted} accepted, ${cell.refused} refused, ${cell.abstained} abstained`,
    `${cell.falseAccepts} wrongly accepted, ${cell.falseRefusals} wrongly refused`,
  ].join("; ");

/** All members, also those that the table leaves out. */
const refusalsCsv = (cells: readonly VerdictCell[]): string =>
  csvOf(
    ["verifier", "author", "accepted", "refused", "abstained", "wrongly accepted", "wrongly refused"],
    cells.map(({ verifier, author, accepted, refused, abstained, falseAccepts, falseRefusals }) => [
      ...[verifier, author, accepted, refused, abstained, falseAccepts, falseRefusals],
    ]),
  );

const Cell = (cell: VerdictCell | undefined): VNode => {
  if (cell === undefined) return html`<td class="heat"><span class="quiet">–</span></td>`;
  const share = refusals(cell);
  const wrong = cell.falseAccepts + cell.falseRefusals;
  return html`<td class="heat" title=${describe(cell)} style=${{ "--share": share ?? 0 }}>
    <a href=${formatRoute({ page: "questions", query: { verifier: cell.verifier, solver: cell.author } })} aria-label=${`${describe(cell)}: show the refused questions`}><strong>${percent(share)}</strong></a>
    <small>${cell.refused}/${cell.accepted + cell.refused}</small>
    ${wrong === 0 ? null : html`<small class="wrong">err ${cell.falseAccepts}+${cell.falseRefusals}</small>`}
  </td>`;
};

/** Most rows and columns. */
const maximumNames = 24;

/** By name; of many those with most verdicts. */
const namesIn = (verdicts: readonly VerdictCell[], by: "verifier" | "author"): string[] => {
  const sums = new Map<string, number>();
  for (const cell of verdicts)
    sums.set(cell[by], (sums.get(cell[by]) ?? 0) + cell.accepted + cell.refused + cell.abstained);
  const most = [...sums].toSorted(([, left], [, right]) => right - left).slice(0, maximumNames);
  return most.map(([name]) => name).toSorted();
};

const countOf = (verdicts: readonly VerdictCell[], by: "verifier" | "author"): number =>
  new Set(verdicts.map((cell) => cell[by])).size;

export const Refusals = ({ verdicts }: { verdicts: readonly VerdictCell[] }): VNode => {
  const [authors, verifiers] = [namesIn(verdicts, "author"), namesIn(verdicts, "verifier")];
  const cells = new Map(verdicts.map((cell) => [`${cell.verifier}\n${cell.author}`, cell]));
  const cellOf = (verifier: string, author: string) => cells.get(`${verifier}\n${author}`);
  const members = Math.max(countOf(verdicts, "author"), countOf(verdicts, "verifier"));
  return html`<figure class="panel">
    <figcaption>
      <h3>Refusals by verifier and author</h3>
      ${h(TableTools, { title: "Refusals by verifier and author", csv: () => refusalsCsv(verdicts) })}
      <p>Share of refused solutions, refused/judged, and the errors if the task has ground truth: wrongly accepted + wrongly refused.${members > maximumNames ? ` Of ${members} members, the ${maximumNames} with most verdicts.` : ""}</p>
    </figcaption>
    <div class="table-scroll" tabindex="0"><table class="heat-table">
      <caption class="unseen">Refusals by verifier and author</caption>
      <thead>
        <tr><th scope="col">verifier ╲ author</th>${authors.map((author) => html`<th scope="col">${author}</th>`)}</tr>
      </thead>
      <tbody>
        ${verifiers.map(
          (verifier) => html`<tr key=${verifier}>
            <th scope="row">${verifier}</th>
            ${authors.map((author) => Cell(cellOf(verifier, author)))}
          </tr>`,
        )}
      </tbody>
    </table></div>
    ${verdicts.length === 0 ? html`<p class="nothing">There are no verdicts yet.</p>` : null}
  </figure>`;
};
