/** How an agent came to its states: the events of the selected state, arrow or chart, with the questions they are about. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { Chart, ChartNode, EventView } from "../../view.ts";
import { timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import { formatRoute } from "../route.ts";
import type { ChartPart } from "../society/chart.ts";
import { omissionOf, readEvents, type ShownEvents } from "../state/events.ts";
import { pointed, selected } from "./selection.ts";

/** Time between two reads [ms]. */
const pause = 1000;
const maximumEvents = 40;
/** Asked for: many events take no arrow. */
const askedEvents = 400;

const shown = signal<ShownEvents | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
/** Whether events that took no arrow are shown too. */
const showsAll = signal(false);

const read = async (agent: string, part: ChartPart | undefined, signal: AbortSignal): Promise<void> => {
  try {
    const what = { agent, state: part?.state, edge: part?.edge, limit: askedEvents };
    shown.value = await readEvents(what, signal);
    problem.value = undefined;
  } catch (error) {
    if (!signal.aborted) problem.value = error instanceof Error ? error.message : String(error);
  }
};

const useEvents = (agent: string, part: ChartPart | undefined): void =>
  useEffect(() => {
    shown.value = undefined;
    problem.value = undefined;
    const abort = new AbortController();
    const again = () => void read(agent, part, abort.signal);
    again();
    const timer = setInterval(again, pause);
    return () => {
      clearInterval(timer);
      abort.abort();
      pointed.value = [];
    };
  }, [agent, part?.state, part?.edge]);

/** The state and those that contain it, outermost first. */
const pathTo = ({ nodes }: Chart, state: string): ChartNode[] => {
  const node = nodes.find(({ id }) => id === state);
  if (node === undefined) return [];
  return node.parent === undefined ? [node] : [...pathTo({ nodes } as Chart, node.parent), node];
};

const choose = (part: ChartPart | undefined): void => {
  selected.value = part;
};

const chooseState = ({ id }: ChartNode): void => choose(id === "" ? undefined : { state: id, label: id });

const Crumbs = ({ chart, part }: { chart: Chart; part: ChartPart | undefined }): VNode => {
  const edge = chart.edges.find(({ id }) => id === part?.edge);
  const states = pathTo(chart, part?.state ?? edge?.source ?? "");
  return html`<nav class="state-crumbs" aria-label="Selected state"><ol>
    ${states.map((node) => html`<li key=${node.id}><button type="button" class="plain" onClick=${() => chooseState(node)}>${node.label}</button></li>`)}
    ${edge === undefined ? null : html`<li key="edge"><strong>${edge.label}</strong> → ${edge.target}</li>`}
  </ol></nav>`;
};

const left = ({ before, after }: EventView): readonly string[] =>
  before.filter((state) => !after.includes(state));
const entered = ({ before, after }: EventView): readonly string[] =>
  after.filter((state) => !before.includes(state));

const Change = (event: EventView): VNode | null => {
  const [from, to] = [left(event).at(-1), entered(event).at(-1)];
  if (from === undefined && to === undefined) return null;
  return html`<p>${from ?? "·"} → ${
    to === undefined
      ? "·"
      : html`<button type="button" class="plain" onClick=${() => choose({ state: to, label: to })}>${to}</button>`
  }</p>`;
};

/** Of a recorded event the states are not known, but who sent it. */
const Sender = ({ senders, before }: EventView): VNode | null =>
  before.length > 0 || senders.length === 0 ? null : html`<p class="quiet">from ${senders.join(", ")}</p>`;

interface Shown {
  readonly agent: string;
  readonly chart: Chart;
}

const EventLine = ({ event, agent, chart }: Shown & { readonly event: EventView }): VNode => {
  const arrow = chart.edges.find(({ id }) => id === event.arrows[0]);
  const point = () => {
    pointed.value = event.arrows;
  };
  return html`<li class=${event.arrows.length > 0 ? "took" : ""} onMouseEnter=${point} onFocusIn=${point}>
    <header><time>${timeOfDay(event.at)}</time> ${
      arrow === undefined
        ? html`<code>${event.event}</code>`
        : html`<button type="button" class="plain" onClick=${() => choose({ edge: arrow.id, label: arrow.label })}><code>${arrow.label}</code></button>`
    }</header>
    ${Change(event)}
    ${Sender(event)}
    ${event.agent === agent ? null : html`<p class="quiet">${event.agent}</p>`}
    ${event.questions.map((id) => html`<a key=${id} href=${formatRoute({ page: "questions", id })}>${id}</a> `)}
  </li>`;
};

const Body = ({ agent, chart }: Shown): VNode => {
  if (problem.value !== undefined) return html`<p class="quiet">${problem.value}</p>`;
  if (shown.value === undefined) return html`<p class="quiet">Loading…</p>`;
  const { events, unrecorded } = shown.value;
  const isAll = showsAll.value || unrecorded !== undefined;
  const known = events.filter(({ arrows }) => isAll || arrows.length > 0).slice(0, maximumEvents);
  if (known.length > 0)
    return html`<ol class="events" onMouseLeave=${() => {
      pointed.value = [];
    }}>${known.map((event, index) => h(EventLine, { key: `${event.at} ${index}`, event, agent, chart }))}</ol>`;
  return html`<p class="quiet">No such event is recorded.</p>`;
};

/** What recorded events leave out, or the choice among observed ones. */
const Extent = (): VNode | null => {
  const omission = shown.value === undefined ? undefined : omissionOf(shown.value);
  if (omission !== undefined) return html`<p class="quiet omission">${omission}</p>`;
  return problem.value === undefined ? h(AllSwitch, {}) : null;
};

const AllSwitch = (): VNode => html`<label class="quiet"><input
  type="checkbox"
  checked=${showsAll.value}
  onChange=${(event: Event) => {
    showsAll.value = (event.currentTarget as HTMLInputElement).checked;
  }}
/> also events that take no arrow</label>`;

export const Trail = ({ agent, chart }: Shown): VNode => {
  const part = selected.value;
  useEvents(agent, part);
  return html`<aside class="statechart-trail" aria-label="Events">
    ${h(Crumbs, { chart, part })}
    <p class="quiet">${part === undefined ? "Select a state or an arrow to see only its events." : "Its events, newest first."} ${
      part === undefined
        ? null
        : html`<button type="button" class="plain" onClick=${() => choose(undefined)}>show all</button>`
    }</p>
    ${h(Extent, {})}
    ${h(Body, { agent, chart })}
  </aside>`;
};
