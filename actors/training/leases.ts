/** Training slots (GPUs or workers): first come, first served; an aborted waiter leaves the queue at once. */
export class Leases {
  readonly #free: number[];
  readonly #held = new Map<string, number>();
  readonly #waiting: { readonly job: string; readonly take: (slot: number) => void }[] = [];

  constructor(slots: number) {
    this.#free = Array.from({ length: slots }, (_, slot) => slot);
  }

  /** Resolves with the slot; rejects with the signal's reason once aborted. */
  async acquire(job: string, signal: AbortSignal): Promise<number> {
    const slot = await this.#granted(job, signal);
    if (!signal.aborted) return slot;
    // It was aborted in the moment of its grant: nobody hears of this slot.
    this.release(job);
    throw signal.reason;
  }

  #granted(job: string, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiter = { job, take: resolve };
      const leave = () => {
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
      this.#grant();
    });
  }

  /** Does nothing for a job without a slot. */
  release(job: string): void {
    const slot = this.#held.get(job);
    if (slot === undefined) return;
    this.#held.delete(job);
    this.#free.push(slot);
    this.#grant();
  }

  #grant(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const [slot, waiter] = [this.#free.shift(), this.#waiting.shift()];
      if (slot === undefined || waiter === undefined) return;
      this.#held.set(waiter.job, slot);
      waiter.take(slot);
    }
  }
}
