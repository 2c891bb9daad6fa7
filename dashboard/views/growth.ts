/** The growth view: rounds, anchors, ratings, buffer fillings, verdicts and token costs. */
import { standardOf } from "../../machines/folds/gate.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import { addCost, noCost } from "../../runtime/model/ledger.ts";
import type { Fact, SettledFact } from "../record/facts.ts";
import type { AnchorPoint, GrowthView, RoundPoint, TokenCell } from "../view.ts";
import type { Buffer } from "./buffer.ts";
import type { Fold } from "./fold.ts";
import { RoundTally } from "./round.ts";
import { Verdicts } from "./verdicts.ts";

type RatingPoint = GrowthView["ratings"][number];

export class Growth implements Fold {
  readonly #models: Set<string>;
  readonly #rounds: RoundPoint[] = [];
  readonly #open = new Map<number, RoundTally>();
  readonly #anchors: AnchorPoint[] = [];
  readonly #switches: GrowthView["switches"][number][] = [];
  readonly #ratings: RatingPoint[] = [];
  readonly #buffer: Buffer;
  readonly #verdicts = new Verdicts();
  readonly #tokens = new Map<string, TokenCell>();
  #revision = 0;

  /** @param buffer must accept each fact before this view does */
  constructor({ models }: Config, buffer: Buffer) {
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
      rounds: [...this.#rounds],
      anchors: [...this.#anchors],
      switches: [...this.#switches],
      ratings: [...this.#ratings],
      fillings: this.#buffer.fillings(),
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
        return this.#anchors.push(anchorPoint(fact)) > 0;
      case "adapter.published":
        return this.#publish(fact);
      case "strategy.changed": {
        const { round, at, after, cause } = fact;
        return this.#switches.push({ round, at, after, cause }) > 0;
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
    const index = this.#anchors.findLastIndex((point) => point.model === model && point.adapter === version);
    const point = this.#anchors[index];
    if (point !== undefined) this.#anchors[index] = { ...point, inForce: true };
    return point !== undefined;
  }

  #settle(fact: SettledFact): boolean {
    const { dossier, at, ratings } = fact;
    const tally = this.#open.get(dossier.round) ?? new RoundTally();
    this.#open.set(dossier.round, tally);
    tally.accept(fact);
    this.#verdicts.accept(fact);
    this.#rate({ round: dossier.round, at, ratings });
    return true;
  }

  /** One point for each round, by round: rounds may overlap. */
  #rate(point: RatingPoint): void {
    const before = this.#ratings.findLastIndex(({ round }) => round <= point.round);
    const isKnown = this.#ratings[before]?.round === point.round;
    this.#ratings.splice(isKnown ? before : before + 1, isKnown ? 1 : 0, point);
  }

  #close(closed: MessageOf<"round.closed">): boolean {
    const tally = this.#open.get(closed.round) ?? new RoundTally();
    this.#open.delete(closed.round);
    return this.#rounds.push(tally.close(closed)) > 0;
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
