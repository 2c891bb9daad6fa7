/** A word with its meaning, shown on hover and with the keyboard's focus. */
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { html } from "../html.ts";
import { glossary, type Word } from "../text/glossary.ts";

export interface TermProps {
  readonly word: Word;
  readonly text: string;
}

export const Term = ({ word, text }: TermProps): VNode => {
  const id = useId();
  return html`<span class="term" tabindex="0" aria-describedby=${id}>${text}<span id=${id} role="tooltip" class="meaning">${glossary[word]}</span></span>`;
};
