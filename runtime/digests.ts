/**
 * A set of texts that keeps 8 bytes of each, the beginning of its SHA-256: what a run must not do twice it knows for as
 * long as it plays. Of a million texts two are taken for the same with a chance of 3 in 10⁸.
 */
import { hash } from "node:crypto";

/** Free places have this digest, which no text has. */
const free = 0n;
const leastPlaces = 64;

const digestOf = (text: string): bigint => hash("sha256", text, "buffer").readBigUInt64LE() || 1n;

export class Digests {
  /** Each digest is at the place that it names, or at the next free one. */
  #places = new BigUint64Array(leastPlaces);
  #size = 0;

  has(text: string): boolean {
    const digest = digestOf(text);
    return this.#places[this.#placeOf(digest)] === digest;
  }

  /** Returns whether the text is new. */
  add(text: string): boolean {
    const digest = digestOf(text);
    const place = this.#placeOf(digest);
    if (this.#places[place] === digest) return false;
    this.#places[place] = digest;
    this.#size += 1;
    if (4 * this.#size > 3 * this.#places.length) this.#grow();
    return true;
  }

  /** Where a digest is, or belongs. */
  #placeOf(digest: bigint): number {
    const { length } = this.#places;
    let place = Number(digest % BigInt(length));
    while (this.#places[place] !== free && this.#places[place] !== digest) place = (place + 1) % length;
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new BigUint64Array(2 * before.length);
    for (const digest of before) if (digest !== free) this.#places[this.#placeOf(digest)] = digest;
  }
}
