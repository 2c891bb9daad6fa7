/** The listeners of a bus's status. A listener that throws is nobody's business but its own. */
import type { BusStatus, Subscription } from "./bus.ts";

export class StatusListeners {
  readonly #listeners = new Set<(status: BusStatus) => void>();

  add(listener: (status: BusStatus) => void): Subscription {
    this.#listeners.add(listener);
    return { unsubscribe: () => void this.#listeners.delete(listener) };
  }

  tell(status: BusStatus): void {
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch {
        // Whoever is told about trouble may not make more of it: there is nobody left to tell.
      }
    }
  }
}
