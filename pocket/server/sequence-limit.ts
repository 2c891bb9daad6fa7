import { invalidValue, overCapacity } from "./errors.ts";

/**
 * A bounded number of sequences handed to one engine: decoding in its batch, or waiting for a place there.
 * Each is taken under the name it was asked for: the base model's or an adapter's.
 */
export class SequenceLimit {
  readonly capacity: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * All `count` limit or none.
   * @throws RequestError 429 while too few are free, 400 where there are not that many at all.
   */
  take(name: string, count: number): void {
    if (count > this.capacity) {
      throw invalidValue("n", `'n': ${count} sequences at once; at most ${this.capacity} are served.`);
    }
    if (this.#taken + count > this.capacity) throw overCapacity(count, this.#taken, this.capacity);
    this.#change(name, count);
  }

  free(name: string): void {
    this.#change(name, -1);
    if (this.#takenBy.has(name)) return;
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }

  /** Resolves once no sequence is under way for `name`. One caller per name at a time. */
  async emptied(name: string): Promise<void> {
    if (!this.#takenBy.has(name)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(name, resolve);
    await promise;
  }

  #change(name: string, count: number): void {
    this.#taken += count;
    const left = (this.#takenBy.get(name) ?? 0) + count;
    if (left === 0) this.#takenBy.delete(name);
    else this.#takenBy.set(name, left);
  }
}
