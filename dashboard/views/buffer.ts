/** The buffer B_hq over time: what waits in it, and how long each filling took. */
import { emptyBuffer, foldBuffer } from "../../machines/folds/buffer.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { GrowthView, TrainingView } from "../view.ts";
import type { Fold } from "./fold.ts";

export class Buffer implements Fold {
  readonly #config: Config;
  readonly #fillings: GrowthView["fillings"][number][] = [];
  #buffer = emptyBuffer;
  /** When the first sample came after the last generation was asked for, and when a generation's worth first waited. */
  #begunAt: number | undefined;
  #fullAt: number | undefined;
  #revision = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (fact.type === "agent.joined") return;
    const before = this.#buffer;
    // What jobs train on is nobody's business here: the examples are not kept.
    this.#buffer = foldBuffer(this.#config)({ ...before, examples: new Map() }, fact);
    if (this.#buffer.generation > before.generation) this.#spend(this.#buffer.generation, fact.at);
    if (this.#buffer.waiting.length > before.waiting.length) this.#begunAt ??= fact.at;
    if (this.#buffer.waiting.length >= this.#config.bufferThreshold) this.#fullAt ??= fact.at;
    if (this.#buffer.waiting !== before.waiting) this.#revision += 1;
  }

  view(): TrainingView["buffer"] {
    return { waiting: this.#buffer.waiting.length, threshold: this.#config.bufferThreshold };
  }

  /** Those that a generation was trained from. */
  fillings(): GrowthView["fillings"] {
    return [...this.#fillings];
  }

  /** A buffer that holds a whole generation's samples more has taken no time to fill. */
  #spend(generation: number, now: number): void {
    const at = this.#fullAt ?? now;
    const seconds = Math.max(0, at - (this.#begunAt ?? at)) / 1000;
    this.#fillings.push({ generation, at, seconds });
    this.#begunAt = undefined;
    this.#fullAt = undefined;
  }
}
