/**
 * Every agent as it is now, one signal each: a card is told of its own agent only.
 *
 * 1. The roster changes only when an agent comes or goes.
 * 2. An agent that has left goes; a member stays, marked as gone.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AgentView } from "../../view.ts";

const views = new Map<string, Signal<AgentView>>();
const names = signal<readonly string[]>([]);

/** Names in the order of their coming. */
export const roster: ReadonlySignal<readonly string[]> = names;

export const agentOf = (name: string): ReadonlySignal<AgentView> | undefined => views.get(name);

/** Short-lived agents of one kind, such as questions, are one agent here: `every question`. */
export const isCrowd = ({ agent, member }: Pick<AgentView, "agent" | "member">): boolean =>
  !member && agent.startsWith("every ");

/** Institutions always wait for something: only who speaks, or is worked on, counts as busy. */
export const isBusy = (view: Pick<AgentView, "agent" | "member" | "role" | "gone">): boolean =>
  view.gone === undefined && (view.member || isCrowd(view)) && view.role !== "idle" && view.role !== "none";

const isKept = (view: AgentView): boolean => view.gone === undefined || view.member;

const put = (view: AgentView): boolean => {
  const known = views.get(view.agent);
  if (!isKept(view)) return views.delete(view.agent);
  if (known === undefined) views.set(view.agent, signal(view));
  else known.value = view;
  return known === undefined;
};

/** Drops those that are not among the given ones. */
const retain = (shown: ReadonlySet<string>): boolean => {
  const gone = [...views.keys()].filter((name) => !shown.has(name));
  for (const name of gone) views.delete(name);
  return gone.length > 0;
};

/** @param whole whether these are all agents there are */
export const applyAgents = (changed: readonly AgentView[], whole: boolean): void => {
  let moved = whole && retain(new Set(changed.map(({ agent }) => agent)));
  for (const view of changed) moved = put(view) || moved;
  if (moved) names.value = [...views.keys()];
};

/** Equal pictures, equal text: the states of all agents, for comparisons. */
export const pictureOf = (): string =>
  [...views.values()]
    .map(({ value }) => `${value.agent} v${value.adapter} [${[...value.active].sort().join(" ")}]`)
    .sort()
    .join("\n");
