/** Takes a table of the page along as CSV. */
import type { VNode } from "preact";
import { html } from "../html.ts";
import { fileName, saveText } from "./download.ts";

export interface TableToolsProps {
  readonly title: string;
  readonly csv: () => string;
}

export const TableTools = ({ title, csv }: TableToolsProps): VNode => html`<div class="figure-tools">
  <button type="button" aria-label=${`${title} as CSV`} onClick=${() => saveText(csv(), "text/csv", fileName(title, "csv"))}>CSV</button>
</div>`;
