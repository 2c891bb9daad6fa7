/**
 * The queue of deliveries that have arrived and wait for their handler, for all subscriptions of one bus.
 *
 * 1. Handlers run outside of `push`, in the order of arrival across all subscriptions.
 * 2. After `burst` deliveries the queue yields to the event loop, so timers and sockets are not starved.
 * 3. At most `deliveries`, and `bytes` of payload, wait for one subscription. Newer ones are dropped and one
 *    `slow consumer` status is reported per flood.
 */
import type { BusStatus, Delivery, DeliveryHandler } from "./bus.ts";

const burst = 256;

/** What may wait for one subscription. */
export interface PendingLimits {
  readonly deliveries: number;
  readonly bytes: number;
}

export const pendingLimits = ({ pendingLimit = 65_536, pendingBytes = 256 * 1024 * 1024 }: GivenLimits) => ({
  deliveries: pendingLimit,
  bytes: pendingBytes,
});

/** As options of a bus. */
export interface GivenLimits {
  readonly pendingLimit?: number | undefined;
  readonly pendingBytes?: number | undefined;
}

export class Consumer {
  readonly pattern: string;
  readonly handler: DeliveryHandler;
  readonly queue: string | undefined;
  readonly tokens: readonly string[];
  pending = 0;
  pendingBytes = 0;
  open = true;
  flooded = false;

  constructor(pattern: string, handler: DeliveryHandler, queue: string | undefined) {
    this.pattern = pattern;
    this.handler = handler;
    this.queue = queue;
    this.tokens = pattern.split(".");
  }
}

type Waiting = { readonly consumer: Consumer; readonly delivery: Delivery };

export class DeliveryQueue {
  readonly #limits: PendingLimits;
  readonly #report: (status: BusStatus) => void;
  #waiting: (Waiting | undefined)[] = [];
  #head = 0;
  #scheduled = false;
  #idle: (() => void)[] = [];

  constructor(limits: PendingLimits, report: (status: BusStatus) => void) {
    this.#limits = limits;
    this.#report = report;
  }

  push(consumer: Consumer, delivery: Delivery): void {
    const { deliveries, bytes } = this.#limits;
    const size = delivery.payload.byteLength;
    // One payload is always taken, whatever its size.
    if (consumer.pending >= deliveries || (consumer.pending > 0 && consumer.pendingBytes + size > bytes)) {
      this.#refuse(consumer);
      return;
    }
    consumer.pending += 1;
    consumer.pendingBytes += size;
    this.#waiting.push({ consumer, delivery });
    this.#schedule();
  }

  /** Resolves once the queue is empty. */
  async idle(): Promise<void> {
    if (!this.#scheduled) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #refuse(consumer: Consumer): void {
    if (consumer.flooded) return;
    consumer.flooded = true;
    this.#report({ type: "slow consumer", pattern: consumer.pattern, pending: consumer.pending });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    for (let left = burst; left > 0 && this.#head < this.#waiting.length; left -= 1) this.#deliverNext();
    if (this.#head < this.#waiting.length) {
      this.#compact();
      setImmediate(this.#run);
      return;
    }
    this.#waiting = [];
    this.#head = 0;
    this.#scheduled = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  };

  #deliverNext(): void {
    const next = this.#waiting[this.#head];
    this.#waiting[this.#head] = undefined;
    this.#head += 1;
    if (!next) return;
    const { consumer, delivery } = next;
    consumer.pending -= 1;
    consumer.pendingBytes -= delivery.payload.byteLength;
    if (consumer.flooded && this.#hasCaughtUp(consumer)) consumer.flooded = false;
    if (consumer.open) this.#hand(consumer, delivery);
  }

  #hasCaughtUp({ pending, pendingBytes }: Consumer): boolean {
    return pending <= this.#limits.deliveries / 2 && pendingBytes <= this.#limits.bytes / 2;
  }

  #hand(consumer: Consumer, delivery: Delivery): void {
    const failed = (cause: unknown): void =>
      this.#report({ type: "handler failed", subject: delivery.subject, cause });
    try {
      const running = consumer.handler(delivery);
      if (running instanceof Promise) running.catch(failed);
    } catch (cause) {
      failed(cause);
    }
  }

  #compact(): void {
    if (this.#head < 4096) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}
