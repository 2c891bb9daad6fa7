/**
 * The breaks of a run: between the end of a session and the begin of the next one nobody plays it.
 *
 * 1. A process that begins to play has its own agents join. They have no model: those with one may be guests, who join
 *    again at any time. One that measures says how much it has planned. Said again, another process says it.
 * 2. `run.extended` and `run.forked` are written before anybody plays.
 * 3. Nothing says when a process has ended: its session lasts until its last record.
 */
import type { Message } from "../../runtime/messages.ts";

/** Between two sessions of a run, when nobody plays it. */
export interface Break {
  readonly from: number;
  readonly to: number;
}

/** A record, as far as sessions are told by it. */
type Fact = Pick<Message, "type" | "at"> & {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
};

/** What a process says once; undefined for all else. */
const onceSaid = (fact: Fact): string | undefined => {
  if (fact.type === "measure.planned") return fact.type;
  return fact.type === "agent.joined" && fact.model === undefined ? `joined ${fact.agent}` : undefined;
};

export class Sessions {
  /** In time order. */
  readonly breaks: Break[] = [];
  /** In this session. */
  readonly #said = new Set<string>();
  #newestAt: number | undefined;

  accept(fact: Fact): void {
    const { at } = fact;
    const before = this.#newestAt ?? at;
    if (this.#isFirst(fact) && before < at) this.breaks.push({ from: before, to: at });
    this.#newestAt = Math.max(before, at);
  }

  /** Of all breaks [ms]. */
  get length(): number {
    return this.breaks.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  #isFirst(fact: Fact): boolean {
    if (fact.type === "run.extended" || fact.type === "run.forked") return true;
    const said = onceSaid(fact);
    if (said === undefined) return false;
    const isAgain = this.#said.has(said);
    if (isAgain) this.#said.clear();
    this.#said.add(said);
    return isAgain;
  }
}
