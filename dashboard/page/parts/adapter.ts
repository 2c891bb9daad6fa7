/** A model's version, as a link to the job that made it. */
import type { VNode } from "preact";
import { versioned } from "../format.ts";
import { html } from "../html.ts";
import { formatRoute } from "../route.ts";

export const jobRoute = (job: string): string => formatRoute({ page: "training", query: { job } });

export interface AdapterProps {
  readonly author: string;
  readonly adapter: number;
}

/** Base weights have no job. */
export const Adapter = ({ author, adapter }: AdapterProps): VNode =>
  adapter === 0
    ? html`<span>${versioned(author, adapter)}</span>`
    : html`<a class="adapter" href=${jobRoute(`${author}@v${adapter}`)}>${versioned(author, adapter)}</a>`;
