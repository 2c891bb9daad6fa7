/**
 * The recorded events of one agent or one crowd: the newest events, and the newest of each transition, so that rare
 * transitions stay available. The small capacity keeps garbage collection from slowing the run.
 */
import type { AnyTransitionDefinition } from "xstate";
import type { ObservedEvent } from "./observed-event.ts";
import { Ring } from "./ring.ts";

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
