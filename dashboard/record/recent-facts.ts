/**
 * Facts of durable messages received since the first viewer connected, so their records need not be read from disk.
 * It stores facts instead of messages, because keeping long texts for a second slows garbage collection.
 */
import { durableKey, type Message } from "../../runtime/messages.ts";
import { type Fact, type FactSources, factOf } from "./facts.ts";

/** Maximum number of facts; beyond it all are dropped. */
const maximumFacts = 2_000;

export class RecentFacts {
  readonly #sources: FactSources;
  #facts = new Map<string, Fact>();
  /** Those that were there when the last read began. */
  #older = new Map<string, Fact>();

  constructor(sources: FactSources) {
    this.#sources = sources;
  }

  put(message: Message): void {
    const key = durableKey(message);
    if (key === undefined) return;
    if (this.#facts.size >= maximumFacts) this.#facts.clear();
    this.#facts.set(key, factOf(message, this.#sources));
  }

  /** A read begins. What the read before has not taken had been read already when it was received. */
  readonly age = (): void => {
    this.#older = this.#facts;
    this.#facts = new Map();
  };

  /** Removes and returns a fact. */
  readonly take = (key: string): Fact | undefined => {
    const fact = this.#facts.get(key) ?? this.#older.get(key);
    this.#facts.delete(key);
    this.#older.delete(key);
    return fact;
  };

  clear(): void {
    this.#facts.clear();
    this.#older.clear();
  }
}
