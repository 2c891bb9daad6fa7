/**
 * Publishes so that every listener with a link hears it, although a link that breaks loses what is on its way: what the
 * server has not confirmed when the link breaks is published again once it is back, in the same order.
 *
 * Listeners may hear a payload twice. What is published while the link is down is held until it is back.
 */
import type { Bus, Subscription } from "../bus/bus.ts";

interface Published {
  readonly subject: string;
  readonly payload: Uint8Array;
}

export class Republisher {
  readonly #bus: Bus;
  readonly #watching: Subscription;
  /** Not known to have reached the server, oldest first. */
  readonly #unconfirmed: Published[] = [];
  /** How often the link has broken. */
  #breaks = 0;
  #isConfirming = false;
  #over = false;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#watching = bus.onStatus(({ type }) => {
      if (type === "disconnected") this.#breaks += 1;
      if (type === "reconnected") this.#repeat();
    });
  }

  /** @throws as `Bus.publish` */
  publish(subject: string, payload: Uint8Array): void {
    if (!this.#bus.isLocal) this.#unconfirmed.push({ subject, payload });
    this.#bus.publish(subject, payload);
  }

  /** Asks the server whether it has what was published so far. */
  confirm(): void {
    if (this.#isConfirming || this.#unconfirmed.length === 0) return;
    this.#isConfirming = true;
    void this.#confirmAll().finally(() => {
      this.#isConfirming = false;
    });
  }

  end(): void {
    this.#over = true;
    this.#watching.unsubscribe();
  }

  #repeat(): void {
    for (const { subject, payload } of this.#unconfirmed) this.#bus.publish(subject, payload);
    this.confirm();
  }

  async #confirmAll(): Promise<void> {
    while (this.#unconfirmed.length > 0 && this.#bus.connected && !this.#over) {
      const [count, breaks] = [this.#unconfirmed.length, this.#breaks];
      try {
        await this.#bus.flush();
      } catch {
        return;
      }
      if (breaks === this.#breaks) this.#unconfirmed.splice(0, count);
    }
  }
}
