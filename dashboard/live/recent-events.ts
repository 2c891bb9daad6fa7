/**
 * The events of one agent, or of a crowd, that are kept: the newest, and the newest of every transition, so that
 * what happens seldom is still there when somebody asks. Short memories keep the garbage collector out of the run's way.
 */
import type { AnyTransitionDefinition } from "xstate";
import type { ObservedEvent } from "./observed-event.ts";
import { Ring } from "./ring.ts";

const newest = 60;
const ofTransition = 8;

export class RecentEvents {
  readonly #newest = new Ring<ObservedEvent>(newest);
  readonly #byTransition = new Map<AnyTransitionDefinition, Ring<ObservedEvent>>();

  /** Called for every event. */
  keep(observed: ObservedEvent): void {
    this.#newest.push(observed);
    for (const transition of observed.transitions) {
      let ring = this.#byTransition.get(transition);
      if (ring === undefined) {
        ring = new Ring(ofTransition);
        this.#byTransition.set(transition, ring);
      }
      ring.push(observed);
    }
  }

  /** The newest first. */
  events(): ObservedEvent[] {
    const rings = [this.#newest, ...this.#byTransition.values()];
    const all = new Set(rings.flatMap((ring) => ring.toArray()));
    return [...all].toSorted((left, right) => right.order - left.order);
  }
}
