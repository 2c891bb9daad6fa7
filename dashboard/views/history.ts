/** The elite history H_t and the current strategy. */
import { emptyHistory, foldHistory, topExemplars } from "../../machines/historian.ts";
import type { Settings } from "../../machines/settings.ts";
import type { Fact } from "../record/facts.ts";
import type { HistoryView } from "../view.ts";
import { Curves } from "./curves.ts";
import type { Fold } from "./fold.ts";

export class History implements Fold {
  readonly #settings: Settings;
  #history = emptyHistory;
  readonly #switches: Curves<HistoryView["switches"][number]>;
  #revision = 0;

  constructor(settings: Settings, isThinned = false) {
    this.#settings = settings;
    this.#switches = new Curves(isThinned);
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (fact.type !== "question.settled" && fact.type !== "strategy.changed") return;
    this.#revision += 1;
    this.#history = foldHistory(this.#history, fact);
    if (fact.type === "strategy.changed") {
      const { at, round, after, cause } = fact;
      this.#switches.add({ round, at, after, cause });
    }
  }

  view(): HistoryView {
    const switches = this.#switches.points();
    const last = switches.at(-1);
    return {
      strategy: this.#history.strategy,
      ...(last === undefined ? {} : { since: { at: last.at, round: last.round, cause: last.cause } }),
      switches,
      exemplars: topExemplars(this.#history, this.#settings),
    };
  }
}
