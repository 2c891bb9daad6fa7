/** The listeners of a bus's status. A listener's exception is dropped. */
import type { BusStatus, Subscription } from "./bus.ts";

export class StatusListeners {
  readonly #listeners = new Set<(status: BusStatus) => void>();

  add(listener: (status: BusStatus) => void): Subscription {
    this.#listeners.add(listener);
    return { unsubscribe: () => void this.#listeners.delete(listener) };
  }

  notify(status: BusStatus): void {
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch {
        // An exception of a status listener cannot be reported as a status: that could loop.
      }
    }
  }
}
