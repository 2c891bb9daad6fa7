/**
 * What was published over a link and is not known to have reached the server: a link that breaks loses what is on its way.
 *
 * 1. What the server has not confirmed when the link breaks is published again once it is back, in the same order, and
 *    before anything newer. So is what is published meanwhile.
 * 2. The server may get a payload twice.
 * 3. At most `limits` wait. Beyond that the oldest are given up, which is reported once per loss of the link.
 */
import type { PendingLimits } from "./delivery-queue.ts";
import { overflowError } from "./nats-errors.ts";

/** Between two questions whether the server has what was published [ms]. */
const pause = 50;

interface Publication {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly term: number | undefined;
}

export interface Link {
  readonly limits: PendingLimits;
  publish(publication: Publication): void;
  /** Resolves once the server has what was published before; rejects if the link breaks. */
  flush(): Promise<void>;
  /** Some of what waits for the link is given up. */
  onLoss(cause: unknown): void;
}

export class Publications {
  readonly #link: Link;
  /** Oldest first. */
  #waiting: Publication[] = [];
  #bytes = 0;
  /** How many have left the list, confirmed or given up. */
  #gone = 0;
  #isUp = true;
  #breaks = 0;
  #hasLost = false;
  #timer: NodeJS.Timeout | undefined;
  #isConfirming = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** @throws whatever the link throws */
  add(publication: Publication): void {
    if (this.#isUp) this.#link.publish(publication);
    this.#waiting.push(publication);
    this.#bytes += publication.payload.byteLength;
    const { deliveries, bytes } = this.#link.limits;
    while (this.#waiting.length > deliveries || (this.#waiting.length > 1 && this.#bytes > bytes))
      this.#giveUp();
    this.#confirmSoon();
  }

  /** Whether the link has been whole, and the server so has what was published before. Rejects as the link does. */
  async flush(): Promise<boolean> {
    const [wasUp, breaks, all] = [this.#isUp, this.#breaks, this.#gone + this.#waiting.length];
    await this.#link.flush();
    if (!wasUp || breaks !== this.#breaks) return false;
    this.#drop(Math.max(0, all - this.#gone));
    return true;
  }

  broken(): void {
    this.#isUp = false;
    this.#breaks += 1;
  }

  restored(): void {
    this.#isUp = true;
    this.#hasLost = false;
    for (const publication of this.#waiting) this.#repeat(publication);
    this.#confirmSoon();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#isUp = false;
  }

  /** A server that is back may take less than before. */
  #repeat(publication: Publication): void {
    try {
      this.#link.publish(publication);
    } catch (cause) {
      this.#link.onLoss(cause);
    }
  }

  #giveUp(): void {
    this.#drop(1);
    if (this.#hasLost) return;
    this.#hasLost = true;
    this.#link.onLoss(overflowError(this.#link.limits));
  }

  #drop(count: number): void {
    for (const { payload } of this.#waiting.splice(0, count)) this.#bytes -= payload.byteLength;
    this.#gone += count;
  }

  #confirmSoon(): void {
    if (this.#isConfirming || !this.#isUp || this.#waiting.length === 0) return;
    this.#isConfirming = true;
    this.#timer = setTimeout(() => void this.#confirm(), pause);
    this.#timer.unref();
  }

  async #confirm(): Promise<void> {
    // A broken link is asked again once it is back.
    if (this.#isUp) await this.flush().catch(() => {});
    this.#isConfirming = false;
    this.#confirmSoon();
  }
}
