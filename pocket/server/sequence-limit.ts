import { invalidValue, overCapacity } from "./errors.ts";

/**
 * Limits the number of sequences in one engine, decoding or waiting. Each sequence counts under the requested name:
 * the base model's or an adapter's.
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
   * Takes `count` sequences or none.
   * @throws RequestError 429 while too few are free, 400 if `count` exceeds the capacity
   */
  take(name: string, count: number): void {
    if (count > this.capacity) {
      throw invalidValue("n", `'n': ${count} sequences at once`, { expected: `at most ${this.capacity}` });
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

  /** Resolves when no sequence of `name` is running. Only one caller per name may wait at a time. */
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
