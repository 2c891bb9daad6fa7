/**
 * Facts of durable messages that were heard since somebody began to look on: their records need not be read from the
 * disk. Facts and no messages: what is held for a second is a burden to the garbage collector, texts above all.
 */
import { durableKey, type Message } from "../../runtime/messages.ts";
import { type Fact, type FactSources, factOf } from "./facts.ts";

/** What is never asked for is forgotten when there is too much of it. */
const most = 2_000;

export class RecentFacts {
  readonly #sources: FactSources;
  readonly #facts = new Map<string, Fact>();

  constructor(sources: FactSources) {
    this.#sources = sources;
  }

  put(message: Message): void {
    const key = durableKey(message);
    if (key === undefined) return;
    if (this.#facts.size >= most) this.#facts.clear();
    this.#facts.set(key, factOf(message, this.#sources));
  }

  /** Each is taken once. */
  readonly take = (key: string): Fact | undefined => {
    const fact = this.#facts.get(key);
    this.#facts.delete(key);
    return fact;
  };

  clear(): void {
    this.#facts.clear();
  }
}
