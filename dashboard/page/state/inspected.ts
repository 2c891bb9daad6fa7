/** The item whose events the reader inspects: an agent, one of its states, a transition or a flow arrow. */
import { signal } from "@preact/signals";

export interface Inspected {
  readonly agent: string;
  readonly state?: string;
  readonly edge?: string;
  /** Keeps only messages of this sender. */
  readonly from?: string;
  /** Keeps only messages of these types. */
  readonly types?: readonly string[];
  /** Keeps only events whose text contains this, such as the id of one question. */
  readonly about?: string;
  /** Title of the event panel. */
  readonly title: string;
}

export const inspected = signal<Inspected | undefined>(undefined);

let opener: Element | null = null;

/** Opens the event panel; closing it restores the focus. */
export const inspect = (what: Inspected): void => {
  opener = document.activeElement;
  inspected.value = what;
};

export const closeInspected = (): void => {
  inspected.value = undefined;
  if (opener instanceof HTMLElement || opener instanceof SVGElement) opener.focus();
};
