/** Placeholder for a view whose data is loading or failed to load. */
import type { VNode } from "preact";
import { html } from "../html.ts";

export interface WaitingProps {
  readonly what: string;
  readonly problem: string | undefined;
}

export const Waiting = ({ what, problem }: WaitingProps): VNode =>
  problem === undefined
    ? html`<p class="view quiet waiting">Loading ${what}…</p>`
    : html`<p class="view problem waiting" role="status">${problem}</p>`;
