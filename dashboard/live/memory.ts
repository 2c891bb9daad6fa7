/**
 * The passages of one agent, or of a crowd, that are kept: the newest, and the newest of every transition, so that
 * what happens seldom is still there when somebody asks. Short memories keep the garbage collector out of the run's way.
 */
import type { AnyTransitionDefinition } from "xstate";
import type { Passage } from "./passage.ts";
import { Ring } from "./ring.ts";

const newest = 60;
const ofTransition = 8;

export class Memory {
  readonly #newest = new Ring<Passage>(newest);
  readonly #byTransition = new Map<AnyTransitionDefinition, Ring<Passage>>();

  /** Called for every event. */
  keep(passage: Passage): void {
    this.#newest.push(passage);
    for (const transition of passage.transitions) {
      let ring = this.#byTransition.get(transition);
      if (ring === undefined) {
        ring = new Ring(ofTransition);
        this.#byTransition.set(transition, ring);
      }
      ring.push(passage);
    }
  }

  /** The newest first. */
  passages(): Passage[] {
    const rings = [this.#newest, ...this.#byTransition.values()];
    const all = new Set(rings.flatMap((ring) => ring.toArray()));
    return [...all].toSorted((left, right) => right.order - left.order);
  }
}
