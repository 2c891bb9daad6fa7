import { invalidValue, overCapacity } from "./errors.ts";

/** A bounded number of sequences handed to one engine: decoding in its batch, or waiting for a place there. */
export class Seats {
  readonly capacity: number;
  #taken = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * All `count` seats or none.
   * @throws RequestError 429 while too few are free, 400 where there are not that many at all.
   */
  take(count: number): void {
    if (count > this.capacity) {
      throw invalidValue("n", `'n': ${count} sequences at once; at most ${this.capacity} are served.`);
    }
    if (this.#taken + count > this.capacity) throw overCapacity(count, this.#taken, this.capacity);
    this.#taken += count;
  }

  free(): void {
    this.#taken -= 1;
  }
}
