/**
 * The recorded events of one agent or one crowd: the newest events, and the newest of each transition, so that rare
 * transitions stay available. The small capacity keeps garbage collection from slowing the run.
 */
import type { AnyTransitionDefinition } from "xstate";
import type { ObservedEvent } from "./observed-event.ts";

/** A buffer of the newest items of a stream; older items are dropped. */
export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The items, newest first. */
  toArray(): T[] {
    return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)].toReversed();
  }
}

const newestCapacity = 60;
const transitionCapacity = 8;

export class RecentEvents {
  readonly #newest = new Ring<ObservedEvent>(newestCapacity);
  readonly #byTransition = new Map<AnyTransitionDefinition, Ring<ObservedEvent>>();

  /** Adds an event; called for every event. */
  keep(observed: ObservedEvent): void {
    this.#newest.push(observed);
    for (const transition of observed.transitions) {
      let ring = this.#byTransition.get(transition);
      if (ring === undefined) {
        ring = new Ring(transitionCapacity);
        this.#byTransition.set(transition, ring);
      }
      ring.push(observed);
    }
  }

  /** The kept events, newest first. */
  events(): ObservedEvent[] {
    const rings = [this.#newest, ...this.#byTransition.values()];
    const all = new Set(rings.flatMap((ring) => ring.toArray()));
    return [...all].toSorted((left, right) => right.order - left.order);
  }
}
