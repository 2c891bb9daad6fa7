/**
 * Publishes so that every listener with a link hears it, although a link that breaks loses what is on its way.
 *
 * 1. What the server has not confirmed when the link breaks is published again once it is back, in the same order.
 * 2. Listeners may hear a payload twice.
 * 3. On a bus that stays in the process nothing is lost, and nothing is confirmed.
 */
import { type Bus, BusError, type Subscription } from "../bus/bus.ts";

interface Published {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly term: number | undefined;
}

export class Republisher {
  readonly #bus: Bus;
  readonly #watching: Subscription;
  /** Not known to have reached the server, oldest first. */
  readonly #unconfirmed: Published[] = [];
  readonly #waiting: (() => void)[] = [];
  /** How often the link has broken. */
  #breaks = 0;
  #isConfirming = false;
  #over = false;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#watching = bus.onStatus(({ type }) => {
      if (type === "disconnected") this.#breaks += 1;
      if (type === "reconnected") this.#repeat();
      if (type === "closed") this.end();
    });
  }

  /** @throws as `Bus.publish` */
  publish(subject: string, payload: Uint8Array, term?: number): void {
    if (!this.#bus.isLocal) this.#unconfirmed.push({ subject, payload, term });
    this.#bus.publish(subject, payload, term);
  }

  /** Asks the server whether it has what was published so far. */
  confirm(): void {
    if (this.#isConfirming || this.#unconfirmed.length === 0) return;
    this.#isConfirming = true;
    void this.#confirmAll();
  }

  /** Resolves once the server has everything that was published, or this has ended. */
  async confirmed(): Promise<void> {
    if (this.#unconfirmed.length === 0 || this.#over) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  end(): void {
    this.#over = true;
    this.#watching.unsubscribe();
    this.#release();
  }

  #repeat(): void {
    for (const { subject, payload, term } of this.#unconfirmed) this.#bus.publish(subject, payload, term);
    this.confirm();
  }

  /** While the link is down there is nobody to ask: `#repeat` begins again. */
  async #confirmAll(): Promise<void> {
    while (this.#unconfirmed.length > 0 && this.#bus.connected && !this.#over) {
      const [count, breaks] = [this.#unconfirmed.length, this.#breaks];
      if ((await this.#flushed()) && breaks === this.#breaks) this.#unconfirmed.splice(0, count);
    }
    this.#isConfirming = false;
    if (this.#unconfirmed.length === 0) this.#release();
  }

  /** False if the server does not respond. */
  async #flushed(): Promise<boolean> {
    try {
      await this.#bus.flush();
      return true;
    } catch (cause) {
      // A bus that is closed is no bus to wait for.
      if (!(cause instanceof BusError) || cause.code !== "AGORA_BUS_TIMEOUT") this.end();
      return false;
    }
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
