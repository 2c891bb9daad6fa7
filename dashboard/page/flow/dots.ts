/**
 * Dots that travel along the arrows. A dot represents 1, 10, 100 … messages: the smallest unit that keeps an arrow at
 * `maximumPerSecond` dots or fewer. Its size shows the unit. No message is drawn twice; only dots beyond `capacity`
 * are left out.
 */
import type { Family } from "./family.ts";
import type { Arrow } from "./ledger.ts";
import type { Curve } from "./places.ts";

export interface Dot {
  readonly curve: Curve;
  readonly family: Family;
  /** Radius [px]. */
  readonly radius: number;
  /** Start of the movement, in animation time [ms]. */
  readonly from: number;
}

const maximumPerSecond = 6;
const capacity = 320;
/** Travel time of a dot [ms]. */
export const travel = 900;

/** Messages per dot of an arrow: a power of ten. */
export const unitOf = (rate: number): number =>
  rate <= maximumPerSecond ? 1 : 10 ** Math.ceil(Math.log10(rate / maximumPerSecond));

export const radiusOf = (unit: number): number => 2.2 + 1.3 * Math.log10(unit);

const keyOf = ({ from, to, family }: Arrow): string => `${from}\n${to}\n${family.name}`;

export class Dots {
  #dots: Dot[] = [];
  /** Messages of each arrow that no dot represents yet. */
  readonly #undrawn = new Map<string, number>();

  get all(): readonly Dot[] {
    return this.#dots;
  }

  clear(): void {
    this.#dots = [];
    this.#undrawn.clear();
  }

  /** Starts dots for the new messages of an arrow, spread over the time until the next picture [ms]. */
  send(arrow: Arrow, curve: Curve, now: number, spread: number): void {
    const key = keyOf(arrow);
    const unit = unitOf(arrow.rate);
    const undrawn = (this.#undrawn.get(key) ?? 0) + arrow.fresh;
    const dots = Math.floor(undrawn / unit);
    this.#undrawn.set(key, undrawn - dots * unit);
    const sent = Math.min(dots, capacity - this.#dots.length, maximumPerSecond);
    for (let index = 0; index < sent; index++) {
      const from = now + (spread * (index + Math.random())) / sent;
      this.#dots.push({ curve, family: arrow.family, radius: radiusOf(unit), from });
    }
  }

  /** Removes the dots that have arrived. */
  expire(now: number): void {
    this.#dots = this.#dots.filter(({ from }) => now - from < travel);
    if (this.#undrawn.size > 20_000) this.#undrawn.clear();
  }
}
