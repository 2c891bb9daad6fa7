/**
 * Pictures of a run: the newest one, which grows with the chronicle, and those of past times.
 *
 * 1. Moving forward in time only folds the newer facts; moving backward folds again from the start, from memory.
 * 2. A past picture contains everything with a time up to its own, in any order of the files.
 * 3. What is forgotten once the newest picture has it is in no picture of the past (dashboard/past.ts). Such a newest
 *    picture keeps the lines of the newest questions only.
 */
import type { Config } from "../../runtime/config/config.ts";
import { type Fact, recentQuestions } from "../record/facts.ts";
import type { Moment } from "../record/feed.ts";
import { Picture } from "./picture.ts";

export interface Recorded {
  readonly config: Config;
  readonly startedAt: number;
  readonly facts: readonly Fact[];
  readonly feed: readonly Moment[];
  /** Empties both lists, after the newest picture has taken them; undefined: they are kept for past pictures. */
  readonly forget?: (() => void) | undefined;
}

/** A picture with the numbers of facts and moments in it, counted in time order. */
interface Cut {
  readonly picture: Picture;
  until: number;
  facts: number;
  moments: number;
}

/** Maximum number of past pictures kept, for viewers that look at different times. */
const maximumCuts = 4;

interface Timed {
  readonly at: number;
}

/** A copy of a growing list in time order. The source is almost sorted, so insertion is cheap. */
class Timeline<T extends Timed> {
  readonly items: T[] = [];
  #taken = 0;

  /** Adds new items. Returns true if one was inserted before existing items, which invalidates the cuts. */
  catchUp(source: readonly T[]): boolean {
    let isRewritten = false;
    for (; this.#taken < source.length; this.#taken += 1) {
      const item = source[this.#taken];
      if (item === undefined) continue;
      let index = this.items.length;
      while (index > 0 && (this.items[index - 1]?.at ?? 0) > item.at) index -= 1;
      isRewritten ||= index < this.items.length;
      this.items.splice(index, 0, item);
    }
    return isRewritten;
  }
}

export class Pictures {
  readonly #recorded: Recorded;
  readonly #newest: Picture;
  #facts = 0;
  #moments = 0;
  readonly #factsInTime = new Timeline<Fact>();
  readonly #feedInTime = new Timeline<Moment>();
  /** Least recently used first. */
  #cuts: Cut[] = [];

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#newest = this.#empty(recorded.forget && recentQuestions);
  }

  newest(): Picture {
    const { facts, feed } = this.#recorded;
    for (const fact of facts.slice(this.#facts)) this.#newest.accept(fact);
    for (const moment of feed.slice(this.#moments)) this.#newest.acceptMoment(moment);
    this.#recorded.forget?.();
    this.#facts = facts.length;
    this.#moments = feed.length;
    return this.#newest;
  }

  /** @param until epoch milliseconds, inclusive */
  at(until: number | undefined): Picture {
    const newest = this.newest();
    if (until === undefined || until >= newest.at) return newest;
    const factsMoved = this.#factsInTime.catchUp(this.#recorded.facts);
    const momentsMoved = this.#feedInTime.catchUp(this.#recorded.feed);
    if (factsMoved || momentsMoved) this.#cuts = [];
    const behind = this.#cuts.filter((cut) => cut.until <= until);
    const cut = behind.toSorted((left, right) => right.until - left.until)[0] ?? this.#freshCut();
    this.#advance(cut, until);
    this.#cuts = [...this.#cuts.filter((other) => other !== cut), cut].slice(-maximumCuts);
    return cut.picture;
  }

  #empty(recent?: number): Picture {
    return new Picture(this.#recorded.config, this.#recorded.startedAt, recent);
  }

  #freshCut(): Cut {
    return { picture: this.#empty(), until: Number.NEGATIVE_INFINITY, facts: 0, moments: 0 };
  }

  #advance(cut: Cut, until: number): void {
    const isIn = (item: Timed | undefined): boolean => item !== undefined && item.at <= until;
    const [facts, moments] = [this.#factsInTime.items, this.#feedInTime.items];
    for (; isIn(facts[cut.facts]); cut.facts += 1) cut.picture.accept(facts[cut.facts] as Fact);
    for (; isIn(moments[cut.moments]); cut.moments += 1)
      cut.picture.acceptMoment(moments[cut.moments] as Moment);
    cut.until = until;
    cut.picture.at = Math.max(cut.picture.at, until);
  }
}
