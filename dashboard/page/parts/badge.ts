/** A short label with a sign and a tone. The sign and the text carry the meaning; colour only repeats it. */
import type { VNode } from "preact";
import { html } from "../html.ts";

export type Tone = "good" | "bad" | "warn" | "plain" | "accent";

export interface BadgeProps {
  readonly tone: Tone;
  readonly sign?: string;
  readonly text: string;
  readonly title?: string;
}

export const Badge = ({
  tone,
  sign,
  text,
  title,
}: BadgeProps): VNode => html`<span class=${`badge ${tone}`} title=${title}>
  ${sign === undefined ? null : html`<span aria-hidden="true">${sign}</span>`} ${text}
</span>`;
