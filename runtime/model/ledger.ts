/**
 * The budget ledger: what the calls to models cost, so that arms of an experiment can be compared at equal budget.
 *
 * 1. A meter sums usage per model, role and outcome, and tells each sum as one `call.metered`: two a second at most.
 * 2. Every usage is told exactly once; `close` tells what is left.
 * 3. The ledger is a fold over `call.metered`, and adding is all it does: how the sums were cut changes nothing.
 */
import type { Draft, Message } from "../messages.ts";
import type { Usage } from "./model.ts";

type Metered = Draft<"call.metered">;

/** What a number of calls cost. */
export interface Cost {
  /** Requests to endpoints, repeated ones included. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Time at the endpoints, summed over calls that ran side by side [s]. */
  readonly seconds: number;
}

export interface Ledger {
  readonly total: Cost;
  readonly models: Readonly<Record<string, Cost>>;
  readonly roles: Readonly<Record<string, Cost>>;
  /** `aborted` is what early ends of verification cut off, as far as endpoints tell. */
  readonly outcomes: Readonly<Record<Usage["outcome"], Cost>>;
}

export const noCost: Cost = { calls: 0, promptTokens: 0, completionTokens: 0, seconds: 0 };

export const emptyLedger: Ledger = {
  total: noCost,
  models: {},
  roles: {},
  outcomes: { done: noCost, aborted: noCost, failed: noCost },
};

export const addCost = (left: Cost, right: Cost): Cost => ({
  calls: left.calls + right.calls,
  promptTokens: left.promptTokens + right.promptTokens,
  completionTokens: left.completionTokens + right.completionTokens,
  seconds: left.seconds + right.seconds,
});

const charge = <T extends Readonly<Record<string, Cost>>>(costs: T, name: string, cost: Cost): T => ({
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

export interface MeterOptions {
  readonly tell: (metered: Metered) => void;
  /** How long a usage waits at most for others to be summed with [ms]. */
  readonly patience?: number;
}

export class Meter {
  readonly #tell: (metered: Metered) => void;
  readonly #patience: number;
  readonly #sums = new Map<string, Metered>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ tell, patience = 500 }: MeterOptions) {
    this.#tell = tell;
    this.#patience = patience;
  }

  /** Takes what one call cost; after `close` it counts for nobody. */
  readonly add = (usage: Usage): void => {
    if (this.#closed) return;
    const { model, role, outcome } = usage;
    const key = JSON.stringify([model, role, outcome]);
    const cost = addCost(this.#sums.get(key) ?? noCost, usage);
    this.#sums.set(key, { type: "call.metered", model, role, outcome, ...cost });
    this.#timer ??= setTimeout(() => this.flush(), this.#patience);
  };

  /** Tells all sums now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    for (const sum of sums) this.#tell(sum);
  }

  close(): void {
    this.flush();
    this.#closed = true;
  }
}
