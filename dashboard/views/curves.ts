/**
 * Points in the order of their arrival, for curves of a run that may play for weeks: beyond a number of points, older ones
 * are thinned evenly.
 *
 * 1. Of a group with many points every nth is kept, with the first and the newest ones; n is the same for all groups.
 * 2. The newest points are all there.
 */

interface Kept<T> {
  readonly group: string;
  /** Of the group's points. */
  readonly index: number;
  readonly point: T;
}

/** A page has fewer pixels. */
const mostPoints = 2_000;

export class Curves<T> {
  readonly #most: number;
  #kept: Kept<T>[] = [];
  readonly #counts = new Map<string, number>();
  #all = 0;
  #every = 1;
  /** So many points may be kept until older ones are thinned. */
  #room: number;

  /** @param most number of points beyond which they are thinned */
  constructor(isThinned: boolean, most = mostPoints) {
    this.#most = isThinned ? most : Number.POSITIVE_INFINITY;
    this.#room = this.#most;
  }

  /** Number of points that have arrived. */
  get all(): number {
    return this.#all;
  }

  /** Number of points that are kept. */
  get kept(): number {
    return this.#kept.length;
  }

  add(point: T, group = ""): void {
    const index = this.#counts.get(group) ?? 0;
    this.#counts.set(group, index + 1);
    this.#kept.push({ group, index, point });
    this.#all += 1;
    if (this.#kept.length > this.#room) this.#thin();
  }

  /** Changes the newest point that matches, if it is kept. Returns whether it is. */
  change(matches: (point: T) => boolean, change: (point: T) => T): boolean {
    const place = this.#kept.findLastIndex(({ point }) => matches(point));
    const found = this.#kept[place];
    if (found !== undefined) this.#kept[place] = { ...found, point: change(found.point) };
    return found !== undefined;
  }

  points(): T[] {
    return this.#kept.map(({ point }) => point);
  }

  #thin(): void {
    this.#sift();
    if (this.#kept.length > this.#most / 2) {
      this.#every *= 2;
      this.#sift();
    }
    // Each of many groups keeps its first and its newest point.
    this.#room = Math.max(this.#most, 2 * this.#kept.length);
  }

  #sift(): void {
    const isNewest = ({ group, index }: Kept<T>): boolean => index + 1 === this.#counts.get(group);
    this.#kept = this.#kept.filter((kept) => kept.index % this.#every === 0 || isNewest(kept));
  }
}
