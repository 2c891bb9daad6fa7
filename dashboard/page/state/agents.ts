/**
 * Every agent as it is now, one signal each: a card is told of its own agent only.
 *
 * 1. Rosters change only when an agent comes or goes; guests, who come and go all the time, have one of their own.
 * 2. An agent that has left goes; a member stays, marked as gone.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AgentView } from "../../view.ts";

type Who = Pick<AgentView, "agent" | "kind" | "member">;

/** Opened by another agent and gone with its topic, such as the question `wren/q1-0-2.3`. */
export const isGuest = ({ agent, member }: Who): boolean => !member && agent.includes("/");

/** All guests and children of a kind together stand as one agent under the plural of it: `questions`. */
export const crowdName = (kind: string): string => `${kind}s`;
export const isCrowd = ({ agent, kind, member }: Who): boolean => !member && agent === crowdName(kind);

/** Institutions always wait for something: only who speaks, or is worked on, counts as busy. */
export const isBusy = (view: Who & Pick<AgentView, "role" | "gone">): boolean =>
  view.gone === undefined && (view.member || isCrowd(view)) && view.role !== "idle" && view.role !== "none";

class Roster {
  readonly #views = new Map<string, Signal<AgentView>>();
  readonly #names = signal<readonly string[]>([]);
  #hasMoved = false;

  /** In the order of their coming. */
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

  /** Drops those that are not among the given ones. */
  retain(shown: ReadonlySet<string>): void {
    for (const name of [...this.#views.keys()]) if (!shown.has(name)) this.#drop(name);
  }

  /** Tells of who has come and gone. */
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

/** @param whole whether these are all agents there are */
export const applyAgents = (changed: readonly AgentView[], whole: boolean): void => {
  const shown = new Set(changed.map(({ agent }) => agent));
  if (whole) for (const list of [residents, visitors]) list.retain(shown);
  for (const view of changed) (isGuest(view) ? visitors : residents).put(view);
  for (const list of [residents, visitors]) list.settle();
};

/** Equal pictures, equal text: weights and states of all who stay, for comparisons; an empty crowd is no crowd. */
export const pictureOf = (): string =>
  residents.all
    .filter((view) => view.active.length > 0 || !isCrowd(view))
    .map(({ agent, adapter, active }) => `${agent} v${adapter} [${active.toSorted().join(" ")}]`)
    .toSorted()
    .join("\n");
