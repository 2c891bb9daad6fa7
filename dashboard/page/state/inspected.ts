/** What the reader asked to see the events of: an agent, one of its states, a transition or an arrow. */
import { signal } from "@preact/signals";

export interface Inspected {
  readonly agent: string;
  readonly state?: string;
  readonly edge?: string;
  /** Only events that are messages of these types. */
  readonly types?: readonly string[];
  /** Only events whose text names this, such as one question of a crowd. */
  readonly about?: string;
  /** What was clicked, in words. */
  readonly title: string;
}

export const inspected = signal<Inspected | undefined>(undefined);

let opener: Element | null = null;

/** Opens the events of something; closing gives the focus back. */
export const inspect = (what: Inspected): void => {
  opener = document.activeElement;
  inspected.value = what;
};

export const closeInspected = (): void => {
  inspected.value = undefined;
  if (opener instanceof HTMLElement || opener instanceof SVGElement) opener.focus();
};
