/** The buffer B_hq over time: its number of samples, and how long each filling took. */
import { emptyBuffer, foldBuffer } from "../../machines/folds/buffer.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { GrowthView, TrainingView } from "../view.ts";
import { Curves } from "./curves.ts";
import type { Fold } from "./fold.ts";

export class Buffer implements Fold {
  readonly #config: Config;
  readonly #fillings: Curves<GrowthView["fillings"][number]>;
  #buffer = emptyBuffer;
  /** Times of the first sample since the last request of a generation, and of the sample that filled the buffer. */
  #begunAt: number | undefined;
  #fullAt: number | undefined;
  #revision = 0;

  constructor(config: Config, isThinned = false) {
    this.#config = config;
    this.#fillings = new Curves(isThinned);
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (fact.type === "agent.joined") return;
    const before = this.#buffer;
    // This view does not need the jobs' examples, so it drops them.
    this.#buffer = foldBuffer(this.#config)({ ...before, examples: new Map() }, fact);
    if (this.#buffer.generation > before.generation) this.#spend(this.#buffer.generation, fact.at);
    if (this.#buffer.waiting.length > before.waiting.length) this.#begunAt ??= fact.at;
    if (this.#buffer.waiting.length >= this.#config.bufferThreshold) this.#fullAt ??= fact.at;
    if (this.#buffer.waiting !== before.waiting) this.#revision += 1;
  }

  view(): TrainingView["buffer"] {
    return { waiting: this.#buffer.waiting.length, threshold: this.#config.bufferThreshold };
  }

  /** The fillings that a generation used. */
  get fillings(): Curves<GrowthView["fillings"][number]> {
    return this.#fillings;
  }

  /** If the remaining samples already fill the buffer again, the next filling takes no time. */
  #spend(generation: number, now: number): void {
    const at = this.#fullAt ?? now;
    const seconds = Math.max(0, at - (this.#begunAt ?? at)) / 1000;
    this.#fillings.add({ generation, at, seconds });
    this.#begunAt = undefined;
    this.#fullAt = undefined;
  }
}
