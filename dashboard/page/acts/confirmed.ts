/** A button whose act cannot be taken back: it asks once more before it acts. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { html } from "../html.ts";
import { isActing } from "./perform.ts";

export interface ConfirmedProps {
  readonly label: string;
  /** What follows, as a question. */
  readonly question: string;
  readonly onYes: () => void;
  readonly disabled?: boolean;
}

export const Confirmed = ({ label, question, onYes, disabled = false }: ConfirmedProps): VNode => {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking)
    return html`<button type="button" disabled=${disabled || isActing.value} onClick=${() => setAsking(true)}>${label}</button>`;
  const answer = (yes: boolean) => () => {
    setAsking(false);
    if (yes) onYes();
  };
  return html`<span class="confirm" role="group" aria-label=${question}>
    <span>${question}</span>
    <button type="button" class="grave" onClick=${answer(true)}>Yes, ${label.toLowerCase()}</button>
    <button type="button" onClick=${answer(false)}>No</button>
  </span>`;
};
