/** The transitions that the agents' machines took: the last ones of each agent, and how often each was taken. */
import type { AnyStateMachine, AnyTransitionDefinition } from "xstate";
import { arrowsOf, isArrow, machineTable } from "./machine-table.ts";

type Taken = readonly AnyTransitionDefinition[];

interface OfAgent {
  machine: AnyStateMachine;
  /** Those of the last event that took an arrow. */
  last: Taken;
  /** Their ids, once they have been asked for. */
  ids: readonly string[] | undefined;
  readonly counts: Map<AnyTransitionDefinition, number>;
}

const noTransitions: Taken = [];

export class Transitions {
  readonly #agents = new Map<string, OfAgent>();

  /** Called for every event that takes a transition, so it builds no strings. */
  add(name: string, machine: AnyStateMachine, taken: Taken): void {
    const agent = this.#of(name, machine);
    if (taken.some(isArrow)) [agent.last, agent.ids] = [taken, undefined];
    const { counts } = agent;
    for (const transition of taken) counts.set(transition, (counts.get(transition) ?? 0) + 1);
  }

  /** Ids of the arrows taken last, by agent, without agents that have taken none. */
  last(): Map<string, readonly string[]> {
    const last = new Map<string, readonly string[]>();
    for (const [name, agent] of this.#agents) {
      agent.ids ??= arrowsOf(agent.machine, agent.last);
      if (agent.ids.length > 0) last.set(name, agent.ids);
    }
    return last;
  }

  /** How often each arrow was taken, by arrow id. */
  counts(name: string): Record<string, number> {
    const agent = this.#agents.get(name);
    if (agent === undefined) return {};
    const { arrows } = machineTable(agent.machine);
    const counted = [...agent.counts].filter(([transition]) => isArrow(transition));
    return Object.fromEntries(
      counted.flatMap(([transition, count]) => {
        const arrow = arrows.get(transition);
        return arrow === undefined ? [] : [[arrow, count]];
      }),
    );
  }

  #of(name: string, machine: AnyStateMachine): OfAgent {
    const known = this.#agents.get(name);
    if (known?.machine === machine) return known;
    const fresh = {
      ...{ machine, last: noTransitions, ids: undefined },
      counts: new Map<AnyTransitionDefinition, number>(),
    };
    this.#agents.set(name, fresh);
    return fresh;
  }
}
