/** Questions that are being worked on: short-lived agents, one line each. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { AgentView } from "../../view.ts";
import { plural } from "../format.ts";
import { h, html } from "../html.ts";
import { agentOf } from "../state/agents.ts";
import { inspect } from "../state/inspected.ts";

const most = 24;

/** The innermost active state. */
const phaseOf = ({ active, gone }: AgentView): string => gone ?? active.at(-1) ?? "opening";

const Chip = ({ agent }: { agent: ReadonlySignal<AgentView> }): VNode => {
  const name = agent.peek().agent;
  const phase = useMemo(() => computed(() => phaseOf(agent.value)), [agent]);
  return html`<li><button type="button" class="chip" onClick=${() => inspect({ agent: name, title: name })}>
    <strong>${phase}</strong> <span>${name}</span>
  </button></li>`;
};

export const QuestionsUnderWay = ({ questions }: { questions: readonly AgentView[] }): VNode => {
  const shown = questions.slice(0, most).flatMap(({ agent }) => agentOf(agent) ?? []);
  const rest = questions.length - shown.length;
  return html`<section aria-labelledby="under-way-title" class="under-way">
    <h2 id="under-way-title">Questions under way <small>${plural(questions.length, "question")}</small></h2>
    <ul class="chips">
      ${shown.map((agent) => h(Chip, { key: agent.peek().agent, agent }))}
      ${rest > 0 ? html`<li class="quiet">and ${rest} more</li>` : null}
    </ul>
  </section>`;
};
