/** A word with its meaning, shown on hover and with the keyboard's focus. */
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { h, html } from "../html.ts";
import { glossary, type Word } from "../text/glossary.ts";

export interface TermProps {
  readonly word: Word;
  readonly text: string;
}

export const Explained = ({ text, meaning }: { readonly text: string; readonly meaning: string }): VNode => {
  const id = useId();
  return html`<span class="term" tabindex="0" aria-describedby=${id}>${text}<span id=${id} role="tooltip" class="meaning">${meaning}</span></span>`;
};

export const Term = ({ word, text }: TermProps): VNode => h(Explained, { text, meaning: glossary[word] });
