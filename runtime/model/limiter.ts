/**
 * Adaptive concurrency limit of one endpoint, shared by all its models.
 *
 * 1. At most `limit` permits are held; further calls wait, the most urgent first and, among equals, first come first.
 * 2. An aborted waiter leaves the queue immediately. A permit is released once; further releases do nothing.
 * 3. While the limit is in use, every good call raises it by one until the first decrease (slow start); from then on
 *    `limit` good calls do (additive increase).
 * 4. Multiplicative decrease: a 429 halves the limit; a call that takes more than `tolerance` times the moving minimum
 *    of its series lowers it by a tenth. Calls that began before the last decrease cause none: they saw the old limit.
 * 5. `min` ≤ limit ≤ `max`.
 */

export interface LimiterBounds {
  readonly min?: number;
  readonly max?: number;
  readonly start?: number;
  /** Largest ratio of a call's duration to its moving minimum. Infinity: only a 429 lowers the limit. */
  readonly tolerance?: number;
}

/** The outcome of a call. Durations are compared per token among calls of one `series`. */
export type Outcome =
  | { readonly kind: "done"; readonly series: string; readonly seconds: number; readonly tokens: number }
  | { readonly kind: "busy" }
  /** Aborted or failed for another reason: carries no information about the load. */
  | { readonly kind: "other" };

export type Release = (outcome: Outcome) => void;

interface Waiter {
  readonly admit: () => void;
}

/** Waiters by urgency, each level in order of arrival. */
class Queue {
  readonly #levels = new Map<number, Set<Waiter>>();

  get size(): number {
    return [...this.#levels.values()].reduce((sum, level) => sum + level.size, 0);
  }

  add(waiter: Waiter, urgency: number): void {
    const level = this.#levels.get(urgency) ?? new Set();
    this.#levels.set(urgency, level.add(waiter));
  }

  delete(waiter: Waiter, urgency: number): void {
    const level = this.#levels.get(urgency);
    level?.delete(waiter);
    if (level?.size === 0) this.#levels.delete(urgency);
  }

  /** The next to be admitted leaves the queue; undefined where nobody waits. */
  shift(): Waiter | undefined {
    const urgency = Math.max(...this.#levels.keys());
    const [waiter] = this.#levels.get(urgency) ?? [];
    if (waiter) this.delete(waiter, urgency);
    return waiter;
  }
}

const WINDOW = 100;
/** Fixed cost of a call [tokens], so that short replies do not count as slow. */
const FIXED_TOKENS = 16;

/** Minimum over at least the last `WINDOW` and at most twice as many values. */
class MovingMinimum {
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #count = 0;

  add(value: number): void {
    this.#current = Math.min(this.#current, value);
    if (++this.#count < WINDOW) return;
    this.#previous = this.#current;
    this.#current = Number.POSITIVE_INFINITY;
    this.#count = 0;
  }

  get value(): number {
    return Math.min(this.#current, this.#previous);
  }
}

export class Limiter {
  readonly #min: number;
  readonly #max: number;
  readonly #tolerance: number;
  readonly #queue = new Queue();
  readonly #minima = new Map<string, MovingMinimum>();
  #limit: number;
  #inFlight = 0;
  #good = 0;
  /** Number of decreases; a permit stores the number at its start. */
  #decreases = 0;

  constructor({ min = 1, max = 64, start = 8, tolerance = 8 }: LimiterBounds = {}) {
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#tolerance = tolerance;
    this.#limit = Math.min(Math.max(start, this.#min), max);
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Resolves once a permit is free; rejects with the signal's reason once it is aborted. */
  async acquire(signal: AbortSignal, urgency = 0): Promise<Release> {
    signal.throwIfAborted();
    if (this.#inFlight < this.limit && this.#queue.size === 0) this.#inFlight++;
    else await this.#wait(signal, urgency);
    return this.#permit();
  }

  #wait(signal: AbortSignal, urgency: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#queue.delete(waiter, urgency);
      reject(signal.reason);
    };
    const admit = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const waiter = { admit };
    this.#queue.add(waiter, urgency);
    signal.addEventListener("abort", leave, { once: true });
    return promise;
  }

  #permit(): Release {
    const decreases = this.#decreases;
    let released = false;
    return (outcome) => {
      if (released) return;
      released = true;
      this.#adapt(outcome, decreases === this.#decreases);
      this.#inFlight--;
      this.#admitNext();
    };
  }

  /** Counts the permit synchronously, so that no new call can overtake the waiter. */
  #admitNext(): void {
    while (this.#inFlight < this.limit) {
      const waiter = this.#queue.shift();
      if (waiter === undefined) return;
      this.#inFlight++;
      waiter.admit();
    }
  }

  #adapt(outcome: Outcome, current: boolean): void {
    if (outcome.kind === "busy" && current) this.#decrease(0.5);
    if (outcome.kind !== "done") return;
    if (this.#isSlow(outcome)) {
      if (current) this.#decrease(0.9);
    } else if (this.#inFlight >= this.limit && ++this.#good >= (this.#decreases === 0 ? 1 : this.limit)) {
      this.#good = 0;
      this.#limit = Math.min(this.limit + 1, this.#max);
    }
  }

  #decrease(factor: number): void {
    this.#decreases++;
    this.#good = 0;
    this.#limit = Math.max(this.#min, this.#limit * factor);
  }

  #isSlow({ series, seconds, tokens }: Extract<Outcome, { kind: "done" }>): boolean {
    const minimum = this.#minima.get(series) ?? new MovingMinimum();
    this.#minima.set(series, minimum);
    const pace = seconds / (tokens + FIXED_TOKENS);
    minimum.add(pace);
    return pace > minimum.value * this.#tolerance;
  }
}
