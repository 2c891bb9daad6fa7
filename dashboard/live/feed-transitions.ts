/**
 * The arrows of one line of the feed, so that a replay shows which were taken.
 *
 * 1. While a page observes the machines, they are those that were taken. Otherwise nothing is inspected, and an arrow
 *    is written only if it alone leads from the states of the last line to those of this one.
 * 2. Only crowds are counted: their charts show how often each arrow is taken.
 */
import type { HouseWindow } from "../../actors/house.ts";
import type { FeedLine } from "../record/feed.ts";
import { crowdName } from "../views/agents.ts";
import { type CurrentStates, machineOf } from "./current-states.ts";
import { soleArrows } from "./sole-arrows.ts";
import type { Transitions } from "./transitions.ts";

type Changed = Readonly<Record<string, readonly string[]>>;
type Counts = Readonly<Record<string, number>>;

const increase = (before: Counts, now: Counts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(now).flatMap(([arrow, count]) => {
      const known = before[arrow] ?? 0;
      // After a pause without viewers the count begins anew.
      const more = count >= known ? count - known : count;
      return more > 0 ? [[arrow, more]] : [];
    }),
  );

export class FeedTransitions {
  readonly #house: HouseWindow;
  readonly #observed: () => Transitions | undefined;
  #states = new Map<string, readonly string[]>();
  readonly #taken = new Map<string, string>();
  readonly #counts = new Map<string, Counts>();

  constructor(house: HouseWindow, observed: () => Transitions | undefined) {
    this.#house = house;
    this.#observed = observed;
  }

  /** @param changed innermost states of the agents whose states have changed */
  next(current: CurrentStates, changed: Changed): Required<Pick<FeedLine, "taken" | "passed">> {
    const observed = this.#observed();
    const taken = observed ? this.#news(observed, changed) : this.#deduced(changed);
    for (const [agent, states] of Object.entries(changed)) this.#states.set(agent, states);
    return { taken, passed: observed ? this.#passed(observed, current) : {} };
  }

  /** An agent whose states have changed is written again: a changed state makes a replay forget its arrow. */
  #news(observed: Transitions, changed: Changed): Record<string, string[]> {
    const news: Record<string, string[]> = {};
    for (const [agent, arrows] of observed.last()) {
      const key = arrows.join();
      if (key !== "" && (agent in changed || this.#taken.get(agent) !== key)) news[agent] = [...arrows];
      this.#taken.set(agent, key);
    }
    return news;
  }

  #deduced(changed: Changed): Record<string, string[]> {
    if (Object.keys(changed).length === 0) return {};
    const deduced: Record<string, string[]> = {};
    for (const { residence, actor } of this.#house.residents()) {
      const [before, after] = [this.#states.get(residence.name), changed[residence.name]];
      const machine = machineOf(actor);
      if (before === undefined || after === undefined || machine === undefined) continue;
      const arrows = soleArrows(machine, before, after);
      if (arrows.length > 0) deduced[residence.name] = arrows;
    }
    return deduced;
  }

  #passed(observed: Transitions, { crowds }: CurrentStates): Record<string, Record<string, number>> {
    const passed: Record<string, Record<string, number>> = {};
    for (const name of [...crowds.keys()].map(crowdName)) {
      const counts = observed.counts(name);
      const more = increase(this.#counts.get(name) ?? {}, counts);
      if (Object.keys(more).length > 0) passed[name] = more;
      this.#counts.set(name, counts);
    }
    return passed;
  }
}
