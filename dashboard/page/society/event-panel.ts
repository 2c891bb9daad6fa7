/** The events of the clicked agent, state or arrow, newest first. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { EventView } from "../../view.ts";
import { timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import { omissionOf, readEvents, type ShownEvents } from "../state/events.ts";
import { closeInspected, type Inspected, inspected } from "../state/inspected.ts";
import { shownClock } from "../state/shown.ts";
import { Prose } from "../text/prose.ts";

const shown = signal<ShownEvents | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
/** Time between two reads [ms]. */
const pause = 1000;

const matches = ({ types, about = "" }: Inspected, { event, text }: EventView): boolean =>
  (types?.includes(event) ?? true) && text.includes(about);

const read = async (what: Inspected, signal: AbortSignal): Promise<void> => {
  const { agent, state, edge, from } = what;
  try {
    const all = await readEvents({ agent, state, edge, from }, signal);
    shown.value = { ...all, events: all.events.filter((event) => matches(what, event)) };
    problem.value = undefined;
  } catch (error) {
    if (!signal.aborted) problem.value = error instanceof Error ? error.message : String(error);
  }
};

/** Reads the events repeatedly until the returned function is called. */
const follow = (what: Inspected): (() => void) => {
  shown.value = undefined;
  problem.value = undefined;
  const abort = new AbortController();
  void read(what, abort.signal);
  const timer = setInterval(() => void read(what, abort.signal), pause);
  return () => {
    clearInterval(timer);
    abort.abort();
  };
};

const change = (from: readonly string[], to: readonly string[]): string => {
  const left = from.filter((state) => !to.includes(state));
  const entered = to.filter((state) => !from.includes(state));
  if (left.length + entered.length === 0) return "no change of state";
  return `${left.join(", ") || "·"} → ${entered.join(", ") || "·"}`;
};

/** The states around a recorded event are not known. */
const isObserved = ({ before, after }: EventView): boolean => before.length + after.length > 0;

const Event = (shownEvent: EventView): VNode => {
  const { at, agent, event, before, after, senders, text } = shownEvent;
  const what = isObserved(shownEvent) ? change(before, after) : `from ${senders.join(", ")}`;
  return html`<li>
  <header><time>${timeOfDay(at)}</time> <code>${event}</code> <span class="quiet">${agent}</span></header>
  <p class="quiet">${what}</p>
  ${text === "" ? null : html`<p class="event-text">${h(Prose, { text, plain: true })}</p>`}
</li>`;
};

const Body = (): VNode => {
  if (problem.value !== undefined) return html`<p class="problem">${problem.value}</p>`;
  if (shown.value === undefined) return html`<p class="quiet">Loading…</p>`;
  const { events } = shown.value;
  const omission = omissionOf(shown.value);
  return html`<div>
    ${omission === undefined ? null : html`<p class="quiet omission">${omission}</p>`}
    ${events.length > 0 ? html`<ol class="events">${events.map(Event)}</ol>` : html`<p class="quiet">No such event is recorded.</p>`}
  </div>`;
};

export const EventPanel = (): VNode | null => {
  const what = inspected.value;
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (what === undefined) return;
    close.current?.focus();
    return follow(what);
  }, [what]);
  if (what === undefined) return null;
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") closeInspected();
  };
  return html`<aside class="drawer" role="dialog" aria-label=${`Events of ${what.title}`} onKeyDown=${press}>
    <header>
      <h2>${what.title}</h2>
      <button ref=${close} type="button" class="icon" aria-label="Close" onClick=${closeInspected}>✕</button>
    </header>
    <p class="quiet">Up to ${timeOfDay(shownClock.value)}, newest first</p>
    ${h(Body, {})}
  </aside>`;
};
