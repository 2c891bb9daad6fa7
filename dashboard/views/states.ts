/** The active states of all agents, and the number of short-lived actors in each state. */
import type { Moment } from "../record/feed.ts";

/** Short-lived actors of one kind, such as questions, counted together. */
export interface Crowd {
  readonly kind: string;
  readonly chart: string;
  /** Number of actors in each innermost state. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface States {
  readonly agents: ReadonlyMap<string, readonly string[]>;
  readonly crowds: readonly Crowd[];
}

/** The states from a run's feed. */
export class RecordedStates {
  readonly #agents = new Map<string, readonly string[]>();
  readonly #crowds = new Map<string, Crowd["counts"]>();
  readonly #charts = new Map<string, string>();

  acceptMoment({ states = {}, crowds = {}, charts = {} }: Moment): void {
    for (const [agent, active] of Object.entries(states)) this.#agents.set(agent, active);
    for (const [kind, counts] of Object.entries(crowds)) this.#crowds.set(kind, counts);
    for (const [kind, chart] of Object.entries(charts)) this.#charts.set(kind, chart);
  }

  view(): States {
    const crowds = [...this.#crowds].flatMap(([kind, counts]) => {
      const chart = this.#charts.get(kind);
      return chart === undefined ? [] : { kind, chart, counts };
    });
    return { agents: this.#agents, crowds };
  }
}

/** The states with all their ancestors, except the machine's root, which is always active. */
export const withAncestors = (innermost: readonly string[]): string[] => {
  const active = new Set<string>();
  for (const id of innermost) {
    const parts = id.split(".");
    for (let depth = 1; depth <= parts.length; depth += 1) active.add(parts.slice(0, depth).join("."));
  }
  return [...active];
};
