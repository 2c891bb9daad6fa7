/**
 * Dots that travel along the arrows. A dot stands for 1, 10, 100 … messages, whichever keeps an arrow under
 * `mostPerSecond` dots: its size says which, and nothing is drawn twice or left out but beyond `capacity`.
 */
import type { Family } from "./family.ts";
import type { Arrow } from "./ledger.ts";
import type { Curve } from "./places.ts";

export interface Dot {
  readonly curve: Curve;
  readonly family: Family;
  /** Radius [px]. */
  readonly radius: number;
  /** When it starts, in the time of the animation [ms]. */
  readonly from: number;
}

const mostPerSecond = 6;
const capacity = 320;
/** How long a dot is under way [ms]. */
export const travel = 900;

/** Messages that one dot of an arrow stands for: a power of ten. */
export const unitOf = (rate: number): number =>
  rate <= mostPerSecond ? 1 : 10 ** Math.ceil(Math.log10(rate / mostPerSecond));

export const radiusOf = (unit: number): number => 2.2 + 1.3 * Math.log10(unit);

const keyOf = ({ from, to, family }: Arrow): string => `${from}\n${to}\n${family.name}`;

export class Dots {
  #dots: Dot[] = [];
  /** Messages of an arrow that no dot has stood for yet. */
  readonly #owed = new Map<string, number>();

  get all(): readonly Dot[] {
    return this.#dots;
  }

  clear(): void {
    this.#dots = [];
    this.#owed.clear();
  }

  /** Sets the fresh messages of an arrow under way, spread over the time [ms] until the next picture. */
  send(arrow: Arrow, curve: Curve, now: number, spread: number): void {
    const key = keyOf(arrow);
    const unit = unitOf(arrow.rate);
    const owed = (this.#owed.get(key) ?? 0) + arrow.fresh;
    const dots = Math.floor(owed / unit);
    this.#owed.set(key, owed - dots * unit);
    const sent = Math.min(dots, capacity - this.#dots.length, mostPerSecond);
    for (let index = 0; index < sent; index++) {
      const from = now + (spread * (index + Math.random())) / sent;
      this.#dots.push({ curve, family: arrow.family, radius: radiusOf(unit), from });
    }
  }

  /** Forgets those that have arrived. */
  expire(now: number): void {
    this.#dots = this.#dots.filter(({ from }) => now - from < travel);
    if (this.#owed.size > 20_000) this.#owed.clear();
  }
}
