/**
 * The budget ledger: the cost of model calls, so that arms of an experiment can be compared at equal budget.
 *
 * 1. A meter sums usage per model, role and outcome and reports each sum as one `call.metered`, at most two per second.
 * 2. Every usage is reported exactly once; `close` reports the remaining sums. A report that arrives twice, from a peer
 *    or a link that repeats messages, is recorded once (`sum`).
 * 3. The ledger is a fold over `call.metered` that only adds: its result does not depend on how usages were grouped.
 * 4. Every call counts, with what was aborted, failed or asked again: the tokens of a question are the ledger's by
 *    settled question. The tokens of the texts in a dossier are those of its kept calls alone.
 */
import { randomUUID } from "node:crypto";
import type { Draft, Message } from "../messages.ts";
import type { Usage } from "./model.ts";

type Metered = Draft<"call.metered">;

/** The total cost of some calls. */
export interface Cost {
  /** Requests to endpoints, including retries. */
  readonly calls: number;
  /** Of answered calls as reported, of others as estimated. */
  readonly promptTokens: number;
  /** Of the prompt tokens, those that servers say they had cached. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Time at the endpoints, summed over parallel calls [s]. */
  readonly seconds: number;
}

export interface Ledger {
  readonly total: Cost;
  readonly models: Readonly<Record<string, Cost>>;
  readonly roles: Readonly<Record<string, Cost>>;
  /** `aborted`: for example verifications after the first refusal. */
  readonly outcomes: Readonly<Record<Usage["outcome"], Cost>>;
}

export const noCost: Cost = { calls: 0, promptTokens: 0, cachedTokens: 0, completionTokens: 0, seconds: 0 };

/** As it is reported: without `cachedTokens` nothing is known to have been cached. */
type Reported = Omit<Cost, "cachedTokens"> & Pick<Usage, "cachedTokens">;

export const emptyLedger: Ledger = {
  total: noCost,
  models: {},
  roles: {},
  outcomes: { done: noCost, aborted: noCost, failed: noCost },
};

export const addCost = (left: Cost, right: Reported): Cost => ({
  calls: left.calls + right.calls,
  promptTokens: left.promptTokens + right.promptTokens,
  cachedTokens: left.cachedTokens + (right.cachedTokens ?? 0),
  completionTokens: left.completionTokens + right.completionTokens,
  seconds: left.seconds + right.seconds,
});

const addTo = (sum: Sum["cost"], more: Reported): void => {
  sum.calls += more.calls;
  sum.promptTokens += more.promptTokens;
  sum.cachedTokens += more.cachedTokens ?? 0;
  sum.completionTokens += more.completionTokens;
  sum.seconds += more.seconds;
};

const charge = <T extends Readonly<Record<string, Cost>>>(costs: T, name: string, cost: Reported): T => ({
  ...costs,
  [name]: addCost(Object.hasOwn(costs, name) ? (costs[name] ?? noCost) : noCost, cost),
});

/** Messages of other types change nothing. */
export const foldLedger = (ledger: Ledger, message: Message): Ledger => {
  if (message.type !== "call.metered") return ledger;
  return {
    total: addCost(ledger.total, message),
    models: charge(ledger.models, message.model, message),
    roles: charge(ledger.roles, message.role, message),
    outcomes: charge(ledger.outcomes, message.outcome, message),
  };
};

interface Sum extends Pick<Usage, "model" | "role" | "outcome"> {
  /** Grows with every call. */
  readonly cost: { -readonly [K in keyof Cost]: Cost[K] };
}

export interface MeterOptions {
  readonly report: (metered: Metered) => void;
  /** Longest time from a usage to the report of its sum [ms]. */
  readonly patience?: number;
}

export class Meter {
  readonly #report: (metered: Metered) => void;
  readonly #patience: number;
  readonly #sums = new Map<string, Sum>();
  /** Tells the sums of this meter from those of others. */
  readonly #life = randomUUID();
  #reported = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ report, patience = 500 }: MeterOptions) {
    this.#report = report;
    this.#patience = patience;
  }

  /** Adds the usage of one call; ignored after `close`. */
  readonly add = (usage: Usage): void => {
    if (this.#closed) return;
    const { model, role, outcome } = usage;
    const key = `${model}\n${role}\n${outcome}`;
    const known = this.#sums.get(key);
    if (known) addTo(known.cost, usage);
    else this.#sums.set(key, { model, role, outcome, cost: addCost(noCost, usage) });
    this.#timer ??= setTimeout(() => this.flush(), this.#patience);
  };

  /** Reports all sums now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    for (const { cost, ...calls } of sums) {
      this.#reported += 1;
      this.#report({ type: "call.metered", ...calls, ...cost, sum: `${this.#life}:${this.#reported}` });
    }
  }

  close(): void {
    this.flush();
    this.#closed = true;
  }
}
