/** A model's text as text nodes and KaTeX formulas only, isolated in its text direction. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { h, html } from "../html.ts";
import { typeset } from "./katex-tree.ts";
import { type Piece, piecesOf } from "./latex.ts";
import { reveal } from "./reveal.ts";

export interface ProseProps {
  readonly text: string;
  /** Shows formulas as source, for lists and excerpts. */
  readonly plain?: boolean;
}

const Formula = ({ piece: { text, source, display } }: { piece: Piece }): VNode => {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (element.current !== null) void typeset(element.current, text, display);
  }, [text, display]);
  // Preact only knows the source as the child; KaTeX's elements replace it without Preact.
  return html`<span class=${display ? "formula display" : "formula"} ref=${element} key=${source}>${source}</span>`;
};

export const Prose = ({ text, plain = false }: ProseProps): VNode => {
  const pieces = useMemo(() => (plain ? [] : piecesOf(reveal(text))), [text, plain]);
  if (plain) return html`<bdi class="prose">${reveal(text)}</bdi>`;
  return html`<bdi class="prose">
    ${pieces.map((piece, index) =>
      piece.kind === "text" ? piece.text : h(Formula, { key: `${index} ${piece.source}`, piece }),
    )}
  </bdi>`;
};
