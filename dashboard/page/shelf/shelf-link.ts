/** The way back to the page of all runs, for a run that was opened from it. */
import type { VNode } from "preact";
import { html } from "../html.ts";

export const ShelfLink = (): VNode | null =>
  location.pathname.startsWith("/run/") ? html`<a class="shelf-link" href="/">← all runs</a>` : null;
