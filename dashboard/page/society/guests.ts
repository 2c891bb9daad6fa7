/** Agents that exist for one topic, such as questions: one line each with the current state. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { AgentView } from "../../view.ts";
import { h, html } from "../html.ts";
import { agentOf, crowdName, guests } from "../state/agents.ts";
import { inspect } from "../state/inspected.ts";
import { run } from "../state/playback.ts";
import { plainText } from "../text/plain-words.ts";

/** Maximum shown; more would disappear before a reader could read them. */
const maximumShown = 24;

/** The innermost active state. */
const phaseOf = ({ active }: AgentView): string => plainText(active.at(-1) ?? "opening");

/** The server stores events by crowd, so a guest's events are selected by its topic. */
const open = ({ agent, kind }: AgentView): void =>
  inspect({ agent: crowdName(kind), about: agent.slice(agent.indexOf("/") + 1), title: agent });

const Guest = ({ agent }: { agent: ReadonlySignal<AgentView> }): VNode => {
  const phase = useMemo(() => computed(() => phaseOf(agent.value)), [agent]);
  return html`<li><button type="button" class="chip" onClick=${() => open(agent.peek())}>
    <strong>${phase}</strong> <span>${agent.peek().agent}</span>
  </button></li>`;
};

export const Guests = (): VNode | null => {
  if (run.value?.live !== true) return null;
  const shown = guests.value.slice(0, maximumShown).flatMap((name) => agentOf(name) ?? []);
  const rest = guests.value.length - shown.length;
  return html`<ul class="chips" aria-label="Questions in progress">
    ${shown.map((agent) => h(Guest, { key: agent.peek().agent, agent }))}
    ${rest > 0 ? html`<li class="quiet">and ${rest} more</li>` : null}
  </ul>`;
};
