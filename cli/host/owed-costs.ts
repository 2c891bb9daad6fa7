/** Costs of calls that no host has recorded yet. They are sent again to the run that has made the calls, if it goes on. */
import type { MessageOf } from "../../runtime/messages.ts";

type Metered = MessageOf<"call.metered">;

/** When a run was created [ms since 1970], which tells it from others of its name; undefined if its host does not say. */
export type Creation = number | undefined;

export class OwedCosts {
  readonly #costs = new Map<Metered, Creation>();

  add(metered: Metered, run: Creation): void {
    this.#costs.set(metered, run);
  }

  /** Removes those of one run. */
  take(run: Creation): Metered[] {
    const taken = [...this.#costs].flatMap(([metered, made]) => (made === run ? [metered] : []));
    for (const metered of taken) this.#costs.delete(metered);
    return taken;
  }

  /** Of all runs. */
  get calls(): number {
    return [...this.#costs.keys()].reduce((sum, { calls }) => sum + calls, 0);
  }
}
