/** One agent's statechart on the whole window. Escape closes it; the replay bar below it stays. */
import type { ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { AgentView, Chart, TransitionCounts } from "../../view.ts";
import { count } from "../format.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { formatRoute, route } from "../route.ts";
import { ArrowHead } from "../society/chart-drawing.ts";
import { useCharts } from "../society/society-view.ts";
import { agentOf, guests, roster } from "../state/agents.ts";
import { inspected } from "../state/inspected.ts";
import { useResource } from "../state/resource.ts";
import { ChartCanvas } from "./chart-canvas.ts";
import { CopyMenu } from "./copy-menu.ts";
import { selected } from "./selection.ts";
import { Trail } from "./trail.ts";

/** Time between two reads of the counts [ms]. */
const countPause = 1000;

/** Keeps the shown time. */
const societyAddress = (): string => {
  const { t = "" } = route.value.query;
  return formatRoute({ page: "society", query: { t } });
};

const useEscape = (): void =>
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || inspected.peek() !== undefined) return;
      if (selected.peek() !== undefined) selected.value = undefined;
      else location.hash = societyAddress();
    };
    // The capture phase: a drawer that is open then closes by the same key afterwards.
    addEventListener("keydown", press, { capture: true });
    return () => removeEventListener("keydown", press, { capture: true });
  }, []);

/** What the view covers gets no focus. Afterwards the focus is on the card's link. */
const useCover = (agent: string): void =>
  useEffect(() => {
    const covered = document.querySelector<HTMLElement>("header.top");
    if (covered !== null) covered.inert = true;
    return () => {
      if (covered !== null) covered.inert = false;
      selected.value = undefined;
      requestAnimationFrame(() => {
        const card = `.card[data-agent="${CSS.escape(agent)}"] .enlarge`;
        document.querySelector<HTMLElement>(card)?.focus();
      });
    };
  }, [agent]);

const useCounts = (agent: string): ReadonlySignal<TransitionCounts | undefined> => {
  const resource = useResource<TransitionCounts>(
    `api/transitions?agent=${encodeURIComponent(agent)}`,
    "questions",
  );
  useEffect(() => {
    const timer = setInterval(() => resource.refresh(), countPause);
    return () => clearInterval(timer);
  }, [resource]);
  return resource.data;
};

const Facts = ({ agent }: { agent: ReadonlySignal<AgentView> }): VNode => {
  const { kind, role, counts } = agent.value;
  const actors = counts === undefined ? 0 : Object.values(counts).reduce((sum, number) => sum + number, 0);
  return html`<p class="quiet statechart-facts">${kind}, ${counts === undefined ? role : `${count(actors)} now`}</p>`;
};

const Enlarged = ({ agent, chart }: { agent: ReadonlySignal<AgentView>; chart: Chart }): VNode => {
  const { agent: name } = agent.peek();
  const counts = useCounts(name);
  return html`<div class="statechart-body">
    ${h(ChartCanvas, { chart, agent, counts })}
    ${h(Trail, { agent: name, chart })}
  </div>`;
};

/** Why there is no chart, in words. */
const Nothing = ({ id }: { id: string }): VNode =>
  roster.value.length === 0
    ? h(Waiting, { what: "the agents", problem: undefined })
    : html`<p class="nothing">There is no agent ${id} at this time.</p>`;

export const StatechartView = ({ id }: { id: string }): VNode => {
  useEscape();
  useCover(id);
  const charts = useCharts();
  // Read again when an agent joins.
  const names = [roster.value, guests.value];
  const agent = names.length > 0 ? agentOf(id) : undefined;
  const chart = charts?.[agent?.peek().chart ?? ""];
  return html`<div class="view statechart">
    ${h(ArrowHead, {})}
    <header class="statechart-bar">
      <h2>${id}</h2>
      ${agent === undefined ? null : h(Facts, { agent })}
      ${chart === undefined ? null : h(CopyMenu, { chart: chart.id })}
      <a class="icon" href=${societyAddress()} aria-label="Close the statechart" title="Close (Escape)">✕</a>
    </header>
    ${
      agent === undefined
        ? h(Nothing, { id })
        : chart === undefined
          ? h(Waiting, { what: "the statechart", problem: undefined })
          : h(Enlarged, { key: chart.id, agent, chart })
    }
  </div>`;
};
