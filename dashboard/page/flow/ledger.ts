/**
 * Messages per second on each arrow, smoothed: whatever comes between two pictures is added up first.
 * An arrow that falls silent fades within seconds and is then forgotten.
 */
import type { Flow } from "../../view.ts";
import { type Family, familyOf } from "./family.ts";

/** Everything that goes from one agent to another in one family of messages. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  /** Messages per second, smoothed. */
  rate: number;
  /** Messages since the picture before. */
  fresh: number;
  readonly types: Map<string, number>;
}

/** Time constant of the smoothing [s], and the rate below which an arrow is forgotten [messages/s]. */
const memory = 1.5;
const silence = 0.02;

export class Ledger {
  readonly #arrows = new Map<string, Arrow>();
  #total = 0;

  /** Messages since the run was opened here. */
  get total(): number {
    return this.#total;
  }

  add(flows: readonly Flow[]): void {
    for (const { from, to, type, count } of flows) {
      const arrow = this.#arrowOf(from, to, familyOf(type));
      arrow.fresh += count;
      arrow.types.set(type, (arrow.types.get(type) ?? 0) + count);
      this.#total += count;
    }
  }

  /** Lets time [s] pass; the arrows with what is fresh on each, which the caller clears by the next call. */
  advance(seconds: number): readonly Arrow[] {
    const weight = 1 - Math.exp(-seconds / memory);
    for (const [key, arrow] of this.#arrows) {
      arrow.rate += (arrow.fresh / seconds - arrow.rate) * weight;
      if (arrow.rate < silence && arrow.fresh === 0) this.#arrows.delete(key);
    }
    return [...this.#arrows.values()];
  }

  /** What is fresh has been drawn. */
  settle(): void {
    for (const arrow of this.#arrows.values()) arrow.fresh = 0;
  }

  get arrows(): readonly Arrow[] {
    return [...this.#arrows.values()];
  }

  #arrowOf(from: string, to: string, family: Family): Arrow {
    const key = `${from}\n${to}\n${family.name}`;
    const known = this.#arrows.get(key);
    if (known !== undefined) return known;
    const arrow: Arrow = { from, to, family, rate: 0, fresh: 0, types: new Map() };
    this.#arrows.set(key, arrow);
    return arrow;
  }
}

/** The page's one ledger. */
export const ledger = new Ledger();
