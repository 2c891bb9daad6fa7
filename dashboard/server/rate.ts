/** Limits how many requests each address makes, where the page is reachable from other machines. */

export interface RateOptions {
  /** Requests that an address may make at once; opening the page takes about thirty. */
  readonly burst: number;
  readonly perSecond: number;
  /** [ms] */
  readonly clock?: () => number;
}

interface Allowance {
  left: number;
  at: number;
}

/** Addresses to remember; whoever comes back after being forgotten starts afresh. */
const remembered = 10_000;

export class Rate {
  readonly #options: RateOptions;
  readonly #allowances = new Map<string, Allowance>();

  constructor(options: RateOptions) {
    this.#options = options;
  }

  /** Whether the address may make one more request now. */
  admit(address: string): boolean {
    const { burst, perSecond, clock = () => performance.now() } = this.#options;
    const now = clock();
    const known = this.#allowances.get(address) ?? { left: burst, at: now };
    const left = Math.min(burst, known.left + ((now - known.at) / 1000) * perSecond);
    this.#allowances.delete(address);
    this.#allowances.set(address, { left: left < 1 ? left : left - 1, at: now });
    const oldest = this.#allowances.keys().next();
    if (this.#allowances.size > remembered && !oldest.done) this.#allowances.delete(oldest.value);
    return left >= 1;
  }
}
