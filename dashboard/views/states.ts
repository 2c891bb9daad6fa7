/** The active states of all agents, and the number of short-lived actors in each state. */
import type { Moment } from "../record/feed.ts";
import type { TransitionCounts } from "../view.ts";

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
  /** Ids of the arrows taken last, by agent or crowd, where known. */
  readonly taken: ReadonlyMap<string, readonly string[]>;
}

/** The states from a run's feed. */
export class RecordedStates {
  readonly #agents = new Map<string, readonly string[]>();
  readonly #crowds = new Map<string, Crowd["counts"]>();
  readonly #charts = new Map<string, string>();
  readonly #taken = new Map<string, readonly string[]>();
  readonly #passed = new Map<string, Record<string, number>>();

  acceptMoment({ states = {}, crowds = {}, charts = {}, taken = {}, passed = {} }: Moment): void {
    for (const [agent, active] of Object.entries(states)) {
      this.#agents.set(agent, active);
      this.#taken.delete(agent);
    }
    for (const [agent, arrows] of Object.entries(taken)) this.#taken.set(agent, arrows);
    for (const [crowd, counts] of Object.entries(passed)) this.#pass(crowd, counts);
    for (const [kind, counts] of Object.entries(crowds)) this.#crowds.set(kind, counts);
    for (const [kind, chart] of Object.entries(charts)) this.#charts.set(kind, chart);
  }

  view(): States {
    const crowds = [...this.#crowds].flatMap(([kind, counts]) => {
      const chart = this.#charts.get(kind);
      return chart === undefined ? [] : { kind, chart, counts };
    });
    return { agents: this.#agents, crowds, taken: this.#taken };
  }

  /** How often each arrow of a crowd's chart was taken. */
  passed(crowd: string): TransitionCounts {
    return this.#passed.get(crowd) ?? {};
  }

  #pass(crowd: string, counts: TransitionCounts): void {
    const sums = { ...this.#passed.get(crowd) };
    for (const [arrow, count] of Object.entries(counts)) sums[arrow] = (sums[arrow] ?? 0) + count;
    this.#passed.set(crowd, sums);
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
