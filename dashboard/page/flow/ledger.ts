/**
 * The smoothed rate of each arrow in messages per second. New messages are added up between two pictures. A silent
 * arrow fades within seconds and is then removed. At a past time the recorded rates are shown as they are.
 */
import type { Flow } from "../../view.ts";
import { type Family, familyOf } from "./family.ts";

/** All messages of one family from one agent to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  /** Smoothed rate [messages/s]. */
  rate: number;
  /** Messages since the last picture. */
  fresh: number;
  readonly types: Map<string, number>;
}

/** Time constant of the smoothing [s], and the rate below which an arrow is removed [messages/s]. */
const smoothingTime = 1.5;
const minimumRate = 0.02;

export class Ledger {
  readonly #arrows = new Map<string, Arrow>();
  #total = 0;
  #isRecorded = false;
  /** False while a past time stands still: its messages do not move. */
  isMoving = true;

  /** Messages since the page was opened. */
  get total(): number {
    return this.#total;
  }

  /** New messages of a live run. */
  add(flows: readonly Flow[]): void {
    if (this.#isRecorded) this.clear();
    for (const { from, to, type, count } of flows) {
      const arrow = this.#arrowOf(from, to, familyOf(type));
      arrow.fresh += count;
      arrow.types.set(type, (arrow.types.get(type) ?? 0) + count);
      this.#total += count;
    }
  }

  /** The recorded flows of a past second, which replace all others. */
  record(flows: readonly Flow[]): void {
    this.clear();
    this.#isRecorded = true;
    for (const { from, to, type, count } of flows) {
      const arrow = this.#arrowOf(from, to, familyOf(type));
      arrow.rate += count;
      arrow.types.set(type, (arrow.types.get(type) ?? 0) + count);
    }
  }

  /** Forgets all flows, for example because another time is shown. */
  clear(): void {
    this.#arrows.clear();
    this.#isRecorded = false;
  }

  /** Updates the rates after some time [s] and returns all arrows. Call `settle` before the next call. */
  advance(seconds: number): readonly Arrow[] {
    if (this.#isRecorded) {
      for (const arrow of this.#arrows.values()) arrow.fresh = this.isMoving ? arrow.rate * seconds : 0;
      return this.arrows;
    }
    const weight = 1 - Math.exp(-seconds / smoothingTime);
    for (const [key, arrow] of this.#arrows) {
      arrow.rate += (arrow.fresh / seconds - arrow.rate) * weight;
      if (arrow.rate < minimumRate && arrow.fresh === 0) this.#arrows.delete(key);
    }
    return [...this.#arrows.values()];
  }

  /** Marks the new messages as drawn. */
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

/** The page's only ledger. */
export const ledger = new Ledger();
