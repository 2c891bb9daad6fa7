/** The growth view: rounds, anchors, ratings, buffer fillings, verdicts and token costs. */
import { standardOf } from "../../machines/folds/gate.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import { addCost, noCost } from "../../runtime/model/ledger.ts";
import type { Fact, SettledFact } from "../record/facts.ts";
import type { AnchorPoint, GrowthView, RoundPoint, TokenCell } from "../view.ts";
import type { Buffer } from "./buffer.ts";
import { Curves } from "./curves.ts";
import type { Fold } from "./fold.ts";
import { RoundTally } from "./round.ts";
import { Verdicts } from "./verdicts.ts";

type RatingPoint = GrowthView["ratings"][number];

export class Growth implements Fold {
  readonly #models: Set<string>;
  readonly #rounds: Curves<RoundPoint>;
  readonly #open = new Map<number, RoundTally>();
  readonly #anchors: Curves<AnchorPoint>;
  readonly #switches: Curves<GrowthView["switches"][number]>;
  /** Of closed rounds, and of those in play: rounds may overlap, and close in their order. */
  readonly #ratings: Curves<RatingPoint>;
  readonly #standing = new Map<number, RatingPoint>();
  readonly #buffer: Buffer;
  readonly #verdicts = new Verdicts();
  readonly #tokens = new Map<string, TokenCell>();
  #revision = 0;

  /** @param buffer must accept each fact before this view does */
  constructor({ models }: Config, buffer: Buffer, isThinned = false) {
    this.#rounds = new Curves(isThinned);
    this.#anchors = new Curves(isThinned);
    this.#switches = new Curves(isThinned);
    this.#ratings = new Curves(isThinned);
    this.#buffer = buffer;
    this.#models = new Set(models.map(({ name }) => name));
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (this.#take(fact)) this.#revision += 1;
  }

  view(): GrowthView {
    return {
      models: [...this.#models],
      rounds: this.#rounds.points(),
      anchors: this.#anchors.points(),
      switches: this.#switches.points(),
      ratings: [...this.#ratings.points(), ...this.#standingNow()],
      fillings: this.#buffer.fillings.points(),
      ...this.#thinned(),
      verdicts: this.#verdicts.view(),
      tokens: [...this.#tokens.values()],
    };
  }

  #take(fact: Fact): boolean {
    switch (fact.type) {
      case "agent.joined":
        if (!fact.member || this.#models.has(fact.agent)) return false;
        return this.#models.add(fact.agent).size > 0;
      case "question.settled":
        return this.#settle(fact);
      case "round.closed":
        return this.#close(fact);
      case "anchor.measured":
        this.#anchors.add(anchorPoint(fact), `${fact.purpose} ${fact.model}`);
        return true;
      case "adapter.published":
        return this.#publish(fact);
      case "strategy.changed": {
        const { round, at, after, cause } = fact;
        this.#switches.add({ round, at, after, cause });
        return true;
      }
      case "training.requested":
        return true;
      case "call.metered":
        return this.#meter(fact);
      default:
        return false;
    }
  }

  #publish({ model, version }: MessageOf<"adapter.published">): boolean {
    const isOf = (point: AnchorPoint): boolean => point.model === model && point.adapter === version;
    return this.#anchors.change(isOf, (point) => ({ ...point, inForce: true }));
  }

  #settle(fact: SettledFact): boolean {
    const { dossier, at, ratings } = fact;
    const tally = this.#open.get(dossier.round) ?? new RoundTally();
    this.#open.set(dossier.round, tally);
    tally.accept(fact);
    this.#verdicts.accept(fact);
    this.#standing.set(dossier.round, { round: dossier.round, at, ratings });
    return true;
  }

  #standingNow(): RatingPoint[] {
    return [...this.#standing.values()].toSorted((left, right) => left.round - right.round);
  }

  #close(closed: MessageOf<"round.closed">): boolean {
    const { round } = closed;
    const tally = this.#open.get(round) ?? new RoundTally();
    const rated = this.#standing.get(round);
    this.#open.delete(round);
    this.#standing.delete(round);
    this.#rounds.add(tally.close(closed));
    if (rated !== undefined) this.#ratings.add(rated);
    return true;
  }

  #thinned(): Pick<GrowthView, "thinned"> {
    const curves = [this.#rounds, this.#anchors, this.#switches, this.#ratings, this.#buffer.fillings];
    const shown = curves.reduce((sum, { kept }) => sum + kept, 0);
    const all = curves.reduce((sum, curve) => sum + curve.all, 0);
    return shown < all ? { thinned: { shown, all } } : {};
  }

  #meter(metered: MessageOf<"call.metered">): boolean {
    const { model, role } = metered;
    const key = JSON.stringify([model, role]);
    const sum = addCost(this.#tokens.get(key) ?? noCost, metered);
    this.#tokens.set(key, { model, role, ...sum });
    return true;
  }
}

const anchorPoint = (measured: MessageOf<"anchor.measured">): AnchorPoint => {
  const { at, round, model, adapter, purpose } = measured;
  return { at, round, model, adapter, purpose, ...standardOf(measured), inForce: purpose !== "gate" };
};
