/** The society page: the message flow, and a card for each agent. */
import { computed, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { AgentView, Chart } from "../../view.ts";
import { FlowView } from "../flow/flow-view.ts";
import { count, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { agentOf, isCrowd, roster } from "../state/agents.ts";
import { useResource } from "../state/resource.ts";
import { AgentCard } from "./agent-card.ts";
import { ArrowHead } from "./chart-drawing.ts";
import { Guests } from "./guests.ts";

type Charts = Readonly<Record<string, Chart>>;

const groupOf = (view: AgentView): "members" | "institutions" | "crowds" => {
  if (view.member) return "members";
  return isCrowd(view) ? "crowds" : "institutions";
};

const groups = computed(() => {
  const views = roster.value.flatMap((name) => agentOf(name)?.peek() ?? []);
  return Object.groupBy(views, groupOf);
});

const density = signal<"large" | "small">(
  localStorage.getItem("agora.cards") === "small" ? "small" : "large",
);

const switchDensity = (): void => {
  density.value = density.peek() === "large" ? "small" : "large";
  localStorage.setItem("agora.cards", density.value);
};

const DensitySwitch = (): VNode => html`<button
  type="button"
  class="density"
  aria-pressed=${density.value === "small" ? "true" : "false"}
  onClick=${switchDensity}
>small cards</button>`;

const Cards = (
  agents: readonly AgentView[],
  charts: Charts | undefined,
): VNode => html`<div class=${`cards ${density.value}`}>
  ${agents.map(({ agent, chart }) => {
    const view = agentOf(agent);
    return view === undefined ? null : h(AgentCard, { key: agent, agent: view, chart: charts?.[chart] });
  })}
</div>`;

/** Time between two requests for missing charts; the server may still be drawing them [ms]. */
const chartPause = 2000;

/** The layouts of the agents' charts, read again while one is missing. */
export const useCharts = (): Charts | undefined => {
  const resource = useResource<Charts>("api/charts", "agents");
  const charts = resource.data.value;
  const missing = roster.value.some((name) => charts?.[agentOf(name)?.peek().chart ?? ""] === undefined);
  useEffect(() => {
    if (!missing || charts === undefined) return;
    const timer = setInterval(() => resource.refresh(), chartPause);
    return () => clearInterval(timer);
  }, [missing, charts === undefined]);
  return charts;
};

/** Most members with a card at first, and how many more a click shows. */
const cardsAtOnce = 48;

/** The members with a card: all of a small group, of a large one those that match, some at a time. */
const Members = ({
  members,
  charts,
}: {
  members: readonly AgentView[];
  charts: Charts | undefined;
}): VNode => {
  const [wanted, setWanted] = useState("");
  const [shown, setShown] = useState(cardsAtOnce);
  if (members.length <= cardsAtOnce) return Cards(members, charts);
  const found = members.filter(({ agent }) => agent.toLowerCase().includes(wanted.toLowerCase()));
  const rest = found.length - shown;
  return html`<div>
    <p class="find-member">
      <label><span>Find a member</span>
        <input type="search" value=${wanted} onInput=${(event: Event) => setWanted((event.currentTarget as HTMLInputElement).value)} />
      </label>
      <span class="quiet" role="status">${count(Math.min(shown, found.length))} of ${plural(found.length, "member")} shown</span>
    </p>
    ${Cards(found.slice(0, shown), charts)}
    ${rest <= 0 ? null : html`<p class="more-members"><button type="button" onClick=${() => setShown(shown + cardsAtOnce)}>Show ${Math.min(cardsAtOnce, rest)} more</button></p>`}
  </div>`;
};

export const SocietyView = (): VNode => {
  const charts = useCharts();
  const { members = [], institutions = [], crowds = [] } = groups.value;
  return html`<div class="view society">
    ${h(ArrowHead, {})}
    ${h(FlowView, {})}
    <section aria-labelledby="members-title">
      <h2 id="members-title">Members <small>${plural(members.length, "agent")} that pose, solve, verify and vote</small> ${h(DensitySwitch, {})}</h2>
      ${h(Members, { members, charts })}
    </section>
    <section aria-labelledby="crowds-title">
      <h2 id="crowds-title">Questions and jobs <small>they end with their topic; all of one kind share a card</small></h2>
      ${h(Guests, {})}
      ${Cards(crowds, charts)}
    </section>
    <section aria-labelledby="institutions-title">
      <h2 id="institutions-title">Institutions <small>they manage rounds, ratings and training</small></h2>
      ${Cards(institutions, charts)}
    </section>
  </div>`;
};
