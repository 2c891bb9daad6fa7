/** Who told whom what about one question, in time: a lane for each that took part, a row for each message. */
import type { VNode } from "preact";
import type { QuestionView } from "../../../view.ts";
import { families, familyOf } from "../../flow/family.ts";
import { html } from "../../html.ts";
import { labelIn } from "./label.ts";
import { lanesOf, type Row, rowsOf, rowText, rowTime } from "./rows.ts";
import { stepsOf } from "./steps.ts";

/** Sizes [px]. */
const rowHeight = 38;
const timeWidth = 104;
const wideLane = 124;
const narrowLane = 78;
const manyLanes = 9;

interface Grid {
  readonly lanes: readonly string[];
  readonly laneWidth: number;
  readonly width: number;
}

const gridOf = (lanes: readonly string[]): Grid => {
  const laneWidth = lanes.length > manyLanes ? narrowLane : wideLane;
  return { lanes, laneWidth, width: timeWidth + lanes.length * laneWidth };
};

const middleOf = ({ lanes, laneWidth }: Grid, name: string): number =>
  timeWidth + (lanes.indexOf(name) + 0.5) * laneWidth;

/** A head that points away from the row's senders. */
const Head = (x: number, y: number, isRight: boolean): VNode => {
  const back = isRight ? x - 9 : x + 9;
  return html`<path class="head" key=${`to ${x}`} d=${`M${x} ${y}L${back} ${y - 4.5}L${back} ${y + 4.5}Z`} />`;
};

const classOf = (type: string): string => `family-${families.indexOf(familyOf(type))}`;

const RowLine = (row: Row, index: number, grid: Grid): VNode => {
  const y = (index + 0.72) * rowHeight;
  const from = [...new Set(row.steps.map(({ from }) => from))].map((name) => middleOf(grid, name));
  const to = [...new Set(row.steps.flatMap((step) => step.to))].map((name) => middleOf(grid, name));
  const [left, right] = [Math.min(...from, ...to), Math.max(...from, ...to)];
  const centre = from.reduce((sum, x) => sum + x, 0) / from.length;
  const { x, anchor, text } = labelIn({ from, left, begin: timeWidth, end: grid.width }, rowText(row));
  return html`<g key=${index} class=${`told ${classOf(row.type)}`}>
    <title>${row.steps.map((step) => `${step.from} → ${step.to.join(", ")}: ${step.text}`).join("\n")}</title>
    <rect class="row" x="0" y=${index * rowHeight} width=${grid.width} height=${rowHeight} />
    <text class="when" x=${timeWidth - 12} y=${y} dy="0.32em">${rowTime(row)}</text>
    <path class="line" d=${`M${left} ${y}H${right}`} />
    ${from.map((at) => html`<circle key=${at} cx=${at} cy=${y} r="4.5" />`)}
    ${to.filter((at) => !from.includes(at)).map((at) => Head(at, y, at > centre))}
    <text x=${x} y=${y - 8} text-anchor=${anchor}>${text}</text>
  </g>`;
};

const Lanes = (
  grid: Grid,
): VNode => html`<div class="lanes" style=${{ width: `${grid.width}px`, paddingLeft: `${timeWidth}px` }}>
  ${grid.lanes.map((name) => html`<span key=${name} style=${{ width: `${grid.laneWidth}px` }} title=${name}>${name}</span>`)}
</div>`;

const AsTable = (rows: readonly Row[]): VNode => html`<details class="as-table">
  <summary>As a table</summary>
  <div class="table-scroll"><table>
    <thead><tr><th scope="col">Time</th><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th></tr></thead>
    <tbody>${rows
      .flatMap(({ steps }) => steps)
      .map(
        (step, index) => html`<tr key=${index}>
          <td class="number">${step.seconds === undefined ? "" : `${step.seconds.toFixed(2)} s`}</td>
          <td>${step.from}</td><td>${step.to.join(", ")}</td><td>${step.text}</td>
        </tr>`,
      )}</tbody>
  </table></div>
</details>`;

export const SequenceView = ({ question }: { question: QuestionView }): VNode => {
  const steps = stepsOf(question);
  const grid = gridOf(lanesOf(steps));
  const rows = rowsOf(steps, grid.lanes.length);
  const height = rows.length * rowHeight + 8;
  return html`<section class="sequence" aria-labelledby="sequence-title">
    <h2 id="sequence-title">Messages <small>who told whom what</small></h2>
    ${question.told === undefined ? html`<p class="quiet">The run recorded no times for this question: the order within each kind of message is known.</p>` : null}
    <div class="panel sequence-scroll" tabindex="0" role="region" aria-label="Sequence of messages; the table below has the same content">
      ${Lanes(grid)}
      <svg width=${grid.width} height=${height} viewBox=${`0 0 ${grid.width} ${height}`} aria-hidden="true">
        ${grid.lanes.map((name) => html`<path key=${name} class="lane" d=${`M${middleOf(grid, name)} 0V${height}`} />`)}
        ${rows.map((row, index) => RowLine(row, index, grid))}
      </svg>
    </div>
    ${AsTable(rows)}
  </section>`;
};
