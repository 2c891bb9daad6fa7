/** What a reader does with a figure: smooth it, reset the zoom, and take it along as CSV, PNG or SVG. */
import type { VNode } from "preact";
import { html } from "../html.ts";
import { colour } from "../theme.ts";
import { fileName, savePicture, saveText } from "./download.ts";
import type { Figure } from "./figure.ts";
import { figureCsv } from "./figure-csv.ts";
import { figureSvg, type Window } from "./figure-svg.ts";
import { windows } from "./smooth.ts";

export interface FigureToolsProps {
  /** As measured: what CSV holds. */
  readonly raw: Figure;
  /** As drawn. */
  readonly figure: Figure;
  readonly smoothing: number;
  readonly zoom: Window | undefined;
  readonly onSmooth: (window: number) => void;
  readonly onZoom: (zoom: Window | undefined) => void;
}

const Smoothing = ({ smoothing, onSmooth, figure }: FigureToolsProps): VNode => html`<label>
  <span class="unseen">Smoothing of ${figure.title}</span>
  <select
    value=${String(smoothing)}
    onChange=${(event: Event) => onSmooth(Number((event.currentTarget as HTMLSelectElement).value))}
  >
    ${windows.map((window) => html`<option key=${window} value=${String(window)}>${window === 1 ? "as measured" : `mean of ${window}`}</option>`)}
  </select>
</label>`;

export const FigureTools = (properties: FigureToolsProps): VNode => {
  const { raw, figure, zoom, onZoom } = properties;
  const name = (ending: string) => fileName(figure.title, ending);
  const svg = () => figureSvg(figure, colour, zoom);
  const Take = (ending: string, take: () => void): VNode =>
    html`<button type="button" aria-label=${`${figure.title} as ${ending.toUpperCase()}`} onClick=${take}>${ending.toUpperCase()}</button>`;
  return html`<div class="figure-tools">
    ${zoom === undefined ? null : html`<button type="button" onClick=${() => onZoom(undefined)}>Show all</button>`}
    ${Smoothing(properties)}
    ${Take("csv", () => saveText(figureCsv(raw), "text/csv", name("csv")))}
    ${Take("png", () => void savePicture(svg(), name("png")))}
    ${Take("svg", () => saveText(svg(), "image/svg+xml", name("svg")))}
  </div>`;
};
