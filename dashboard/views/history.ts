/** The elite history H_t and the current strategy. */
import { emptyHistory, foldHistory, topExemplars } from "../../machines/historian.ts";
import type { Settings } from "../../machines/settings.ts";
import type { Fact } from "../record/facts.ts";
import type { HistoryView } from "../view.ts";
import type { Fold } from "./fold.ts";

export class History implements Fold {
  readonly #settings: Settings;
  #history = emptyHistory;
  #since: HistoryView["since"];
  #revision = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (fact.type !== "question.settled" && fact.type !== "strategy.changed") return;
    this.#revision += 1;
    this.#history = foldHistory(this.#history, fact);
    if (fact.type === "strategy.changed") {
      const { at, round, cause } = fact;
      this.#since = { at, round, cause };
    }
  }

  view(): HistoryView {
    return {
      strategy: this.#history.strategy,
      ...(this.#since === undefined ? {} : { since: this.#since }),
      exemplars: topExemplars(this.#history, this.#settings),
    };
  }
}
