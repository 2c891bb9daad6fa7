/** Where every agent stands: innermost active states, and how many of the short-lived actors are in which. */
import type { Moment } from "../record/feed.ts";

/** Short-lived actors of one kind, such as questions, are told of together. */
export interface Crowd {
  readonly kind: string;
  readonly chart: string;
  /** How many actors are in each innermost state. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface States {
  readonly agents: ReadonlyMap<string, readonly string[]>;
  readonly crowds: readonly Crowd[];
}

/** The states as the feed tells them. */
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

/** A state is active with all that contain it; the machine itself always is and is left out. */
export const withAncestors = (innermost: readonly string[]): string[] => {
  const active = new Set<string>();
  for (const id of innermost) {
    const parts = id.split(".");
    for (let depth = 1; depth <= parts.length; depth += 1) active.add(parts.slice(0, depth).join("."));
  }
  return [...active];
};
