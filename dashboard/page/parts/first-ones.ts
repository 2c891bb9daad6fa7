/** Of a long list the first items, with a button for the others. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { html } from "../html.ts";

interface FirstOnes {
  /** How many to show. */
  readonly shown: number;
  /** The button; null if all are shown. */
  readonly more: VNode | null;
}

/** @param what plural of the items' name */
export const useFirstOnes = (total: number, most: number, what: string): FirstOnes => {
  const [showsAll, setShowsAll] = useState(false);
  if (showsAll || total <= most) return { shown: total, more: null };
  const more = html`<p class="more"><button type="button" onClick=${() => setShowsAll(true)}>Show all ${count(total)} ${what}</button></p>`;
  return { shown: most, more };
};
