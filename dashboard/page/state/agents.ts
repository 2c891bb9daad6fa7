/**
 * The current state of every agent, one signal each, so that a card updates for its own agent only.
 *
 * 1. The roster changes only when an agent joins or leaves. Guests change often, so they have a separate roster.
 * 2. An agent that has left is removed; a member stays and is marked as gone.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AgentView } from "../../view.ts";

type AgentIdentity = Pick<AgentView, "agent" | "kind" | "member">;

/** True for an agent that another agent opened for one topic, such as the question `wren/q1-0-2.3`. */
export const isGuest = ({ agent, member }: AgentIdentity): boolean => !member && agent.includes("/");

/** Name of the agent that represents all guests and children of one kind: the plural, such as `questions`. */
export const crowdName = (kind: string): string => `${kind}s`;
export const isCrowd = ({ agent, kind, member }: AgentIdentity): boolean =>
  !member && agent === crowdName(kind);

/** Only members and crowds count as busy, because institutions are always in a waiting state. */
export const isBusy = (view: AgentIdentity & Pick<AgentView, "role" | "gone">): boolean =>
  view.gone === undefined && (view.member || isCrowd(view)) && view.role !== "idle" && view.role !== "none";

class Roster {
  readonly #views = new Map<string, Signal<AgentView>>();
  readonly #names = signal<readonly string[]>([]);
  #hasMoved = false;

  /** Names in order of joining. */
  get names(): ReadonlySignal<readonly string[]> {
    return this.#names;
  }

  get all(): readonly AgentView[] {
    return [...this.#views.values()].map((view) => view.peek());
  }

  find(name: string): ReadonlySignal<AgentView> | undefined {
    return this.#views.get(name);
  }

  put(view: AgentView): void {
    const known = this.#views.get(view.agent);
    if (view.gone !== undefined && !view.member) this.#drop(view.agent);
    else if (known === undefined) this.#add(view);
    else known.value = view;
  }

  /** Removes agents that are not in the set. */
  retain(shown: ReadonlySet<string>): void {
    for (const name of [...this.#views.keys()]) if (!shown.has(name)) this.#drop(name);
  }

  /** Publishes the names if an agent has joined or left. */
  settle(): void {
    if (this.#hasMoved) this.#names.value = [...this.#views.keys()];
    this.#hasMoved = false;
  }

  #add(view: AgentView): void {
    this.#views.set(view.agent, signal(view));
    this.#hasMoved = true;
  }

  #drop(name: string): void {
    this.#hasMoved = this.#views.delete(name) || this.#hasMoved;
  }
}

const residents = new Roster();
const visitors = new Roster();

/** Names of the members, the institutions and the crowds. */
export const roster = residents.names;
/** Names of the guests. */
export const guests = visitors.names;

export const agentOf = (name: string): ReadonlySignal<AgentView> | undefined =>
  residents.find(name) ?? visitors.find(name);

/** @param whole true if `changed` contains all agents */
export const applyAgents = (changed: readonly AgentView[], whole: boolean): void => {
  const shown = new Set(changed.map(({ agent }) => agent));
  if (whole) for (const list of [residents, visitors]) list.retain(shown);
  for (const view of changed) (isGuest(view) ? visitors : residents).put(view);
  for (const list of [residents, visitors]) list.settle();
};

/** Weights and states of all agents but empty crowds as text, for comparing two pictures. */
export const pictureOf = (): string =>
  residents.all
    .filter((view) => view.active.length > 0 || !isCrowd(view))
    .map(({ agent, adapter, active }) => `${agent} v${adapter} [${active.toSorted().join(" ")}]`)
    .toSorted()
    .join("\n");
