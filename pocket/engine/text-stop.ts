/** The text of a growing sequence with detection of stop strings. */

export class TextStop {
  #text = "";
  #released = 0;
  /** Length of the text after each token. */
  readonly #ends: number[] = [];
  readonly #stops: readonly string[];
  readonly #maximumStopLength: number;

  /** Empty stop strings never match. */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
    this.#maximumStopLength = Math.max(0, ...this.#stops.map((stop) => stop.length));
  }

  get text(): string {
    return this.#text;
  }

  /** Appends a token's text. Returns true if a stop string is complete; the text then ends before the first one. */
  append(piece: string): boolean {
    const from = Math.max(0, this.#text.length - this.#maximumStopLength + 1);
    this.#text += piece;
    this.#ends.push(this.#text.length);
    const found = this.#stops.map((stop) => this.#text.indexOf(stop, from)).filter((index) => index >= 0);
    if (found.length === 0) return false;
    this.#text = this.#text.slice(0, Math.min(...found));
    return true;
  }

  /** Number of tokens that are completely within the text. */
  get tokenCount(): number {
    const cut = this.#ends.findIndex((end) => end > this.#text.length);
    return cut === -1 ? this.#ends.length : cut;
  }

  /**
   * Returns new text that later tokens cannot remove. A tail that may begin a stop string is held back until `final`.
   */
  release(final: boolean): string {
    const held = final ? 0 : this.#heldLength();
    const piece = this.#text.slice(this.#released, this.#text.length - held);
    this.#released += piece.length;
    return piece;
  }

  #heldLength(): number {
    for (let length = Math.min(this.#maximumStopLength - 1, this.#text.length); length > 0; length--) {
      const tail = this.#text.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(tail))) return length;
    }
    return 0;
  }
}
