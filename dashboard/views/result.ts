/** What is measured on held-out problems after the end of a run, before and after it: a fold over the readings. */
import { baseWeights, foldWeights, versionOf } from "../../machines/folds/weights.ts";
import { measureKey } from "../../runtime/message-parts.ts";
import type { Fact, MeasureFact } from "../record/facts.ts";
import type { BeforeAfter, Headline, ResultView } from "../view.ts";
import type { Fold } from "./fold.ts";

type Kind = ResultView["sets"][number]["kind"];

/** The readings of one set, by model and version. */
interface SetReadings {
  readonly set: string;
  readonly kind: Kind;
  readonly shares: Map<string, number>;
  asked: number;
}

const ranks: Readonly<Record<Kind, number>> = { "zero-shot": 0, "elite-shot": 1, role: 2 };

const meanOf = (pairs: readonly BeforeAfter[]): BeforeAfter => {
  const mean = (pick: (pair: BeforeAfter) => number) =>
    pairs.reduce((sum, pair) => sum + pick(pair), 0) / pairs.length;
  return { before: mean(({ before }) => before), after: mean(({ after }) => after) };
};

export class Result implements Fold {
  #weights = baseWeights;
  readonly #sets = new Map<string, SetReadings>();
  readonly #models = new Set<string>();
  /** Answers of each reading, whole or in parts, by key. */
  readonly #whole = new Map<string, number>();
  readonly #parts = new Map<string, number>();
  #planned: number | undefined;
  #ended: { readonly unmeasured: ResultView["unmeasured"]; readonly interrupted: boolean } | undefined;
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (this.#take(fact)) this.#revision += 1;
  }

  /** Undefined unless measuring is under way. */
  measuring(): Headline["measuring"] {
    if (this.#planned === undefined || this.#ended !== undefined) return undefined;
    const parts = [...this.#parts].filter(([key]) => !this.#whole.has(key)).map(([, asked]) => asked);
    const answered = [...this.#whole.values(), ...parts].reduce((sum, asked) => sum + asked, 0);
    return { answered: Math.min(answered, this.#planned), planned: this.#planned };
  }

  get isInterrupted(): boolean {
    return this.#ended?.interrupted ?? false;
  }

  /**
   * Undefined until the measuring has ended, and if it has measured no model completely. Runs of earlier versions have
   * readings without a plan and an end.
   */
  view(): ResultView | undefined {
    if (this.#planned !== undefined && (this.#ended === undefined || this.#ended.interrupted))
      return undefined;
    const [first, ...others] = this.#inOrder();
    const models = first === undefined ? [] : this.#pairs(first);
    if (first === undefined || models.length === 0) return undefined;
    const sets = others.flatMap((readings) => {
      const pairs = this.#pairs(readings);
      return pairs.length === 0 ? [] : [{ set: readings.set, kind: readings.kind, ...meanOf(pairs) }];
    });
    const { unmeasured = {} } = this.#ended ?? {};
    return { problems: first.asked, mean: meanOf(models), models, sets, unmeasured };
  }

  #take(fact: Fact): boolean {
    switch (fact.type) {
      case "adapter.published":
      case "adapter.withdrawn":
        this.#weights = foldWeights(this.#weights, fact);
        return false;
      case "measure.planned":
        this.#planned = fact.answers;
        this.#ended = undefined;
        return true;
      case "measure.progressed":
        return this.#progress(fact);
      case "measure.taken":
        return this.#read(fact);
      case "run.measured":
        this.#ended = fact;
        return true;
      case "run.extended":
        this.#ended = undefined;
        this.#planned = undefined;
        return true;
      default:
        return false;
    }
  }

  #progress(fact: MeasureFact): boolean {
    const key = measureKey(fact);
    this.#parts.set(key, (this.#parts.get(key) ?? 0) + fact.asked);
    return true;
  }

  #read(fact: MeasureFact): boolean {
    const { model, adapter, kind, set, asked, right } = fact;
    const known = this.#sets.get(`${kind} ${set}`);
    const readings = known ?? { set, kind, shares: new Map<string, number>(), asked };
    this.#sets.set(`${kind} ${set}`, readings);
    readings.asked = asked;
    readings.shares.set(`${model}@${adapter}`, right / Math.max(1, asked));
    this.#models.add(model);
    this.#whole.set(measureKey(fact), asked);
    return true;
  }

  /** The in-domain set first: it is the one that is measured with examples too, or else the first one. */
  #inOrder(): readonly SetReadings[] {
    const sets = [...this.#sets.values()];
    const examined = new Set(sets.filter(({ kind }) => kind === "elite-shot").map(({ set }) => set));
    const isInDomain = ({ kind, set }: SetReadings) => kind === "zero-shot" && examined.has(set);
    const rank = (readings: SetReadings) => (isInDomain(readings) ? -1 : ranks[readings.kind]);
    return sets.toSorted((left, right) => rank(left) - rank(right));
  }

  /** The models whose base and final weights have a reading. */
  #pairs({ shares }: SetReadings): ResultView["models"] {
    return [...this.#models].toSorted().flatMap((model) => {
      const before = shares.get(`${model}@0`);
      const after = shares.get(`${model}@${versionOf(this.#weights, model)}`);
      return before === undefined || after === undefined ? [] : [{ model, before, after }];
    });
  }
}
