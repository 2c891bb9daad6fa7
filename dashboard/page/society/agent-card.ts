/** One agent's card: name, current activity and statechart. Texts are bound to the agent's signal. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { AgentView, Chart } from "../../view.ts";
import { rate, versioned } from "../format.ts";
import { h, html } from "../html.ts";
import { formatRoute } from "../route.ts";
import { isBusy, isCrowd } from "../state/agents.ts";
import { inspect } from "../state/inspected.ts";
import { plainText, plainWord } from "../text/plain-words.ts";
import { ChartView } from "./chart.ts";
import { useSeen } from "./seen.ts";

export interface AgentCardProps {
  readonly agent: ReadonlySignal<AgentView>;
  readonly chart: Chart | undefined;
}

const weightsOf = ({ agent, adapter, member }: AgentView): string =>
  member ? versioned(agent, adapter) : "";

const modelOf = ({ model, endpoint }: AgentView): string =>
  model === undefined ? "" : `${model}${endpoint === undefined ? "" : ` at ${endpoint}`}`;

/** Kinds and states of crowds have names of the program; a member's name is its own. */
const nameOf = (view: AgentView): string => (isCrowd(view) ? plainWord(view.agent) : view.agent);

const roleOf = (view: AgentView): string => view.gone ?? (isCrowd(view) ? plainText(view.role) : view.role);

const speedOf = ({ model, tokensPerSecond }: AgentView): string =>
  model === undefined ? "" : `${rate(tokensPerSecond)} tokens/s`;

/** Signals for the texts on a card; a change updates one text node only. */
const wordsOf = (agent: ReadonlySignal<AgentView>) => ({
  role: computed(() => roleOf(agent.value)),
  weights: computed(() => weightsOf(agent.value)),
  model: computed(() => modelOf(agent.value)),
  speed: computed(() => speedOf(agent.value)),
  event: computed(() => agent.value.lastEvent ?? "–"),
  state: computed(() => stateOf(agent.value)),
});

const stateOf = (view: AgentView): string => {
  if (view.gone !== undefined) return "card gone";
  return isBusy(view) ? "card busy" : "card";
};

export const AgentCard = ({ agent, chart }: AgentCardProps): VNode => {
  const { agent: name, kind } = agent.peek();
  const title = nameOf(agent.peek());
  const element = useRef<HTMLElement>(null);
  const shown = useSeen(agent, element);
  const words = useMemo(() => wordsOf(shown), [shown]);
  return html`<article ref=${element} class=${words.state} data-agent=${name}>
    <header>
      <h3><button type="button" class="plain" onClick=${() => inspect({ agent: name, title })}>${title}</button></h3>
      <span class="kind">${kind}</span>
      <a class="icon enlarge" href=${formatRoute({ page: "society", id: name })} aria-label=${`Enlarge the statechart of ${title}`} title="Enlarge">⤢</a>
    </header>
    <p class="role">${words.role}</p>
    <p class="facts"><span>${words.weights}</span><span>${words.model}</span><span class="speed">${words.speed}</span></p>
    ${chart === undefined ? html`<p class="undrawn">Drawing the statechart…</p>` : h(ChartView, { chart, agent: shown })}
    <p class="last">last event <code>${words.event}</code></p>
  </article>`;
};
