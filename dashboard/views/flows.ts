/** The message flows of the newest moment that the feed has. */
import type { FeedFlow, Moment } from "../record/feed.ts";
import type { Flow } from "../view.ts";

/** Flows that are older than this belong to an earlier time [ms]. */
const validFor = 4_500;

export class RecordedFlows {
  #flows: readonly FeedFlow[] = [];
  #at = Number.NEGATIVE_INFINITY;

  acceptMoment({ at, flows }: Moment): void {
    if (flows === undefined) return;
    this.#flows = flows;
    this.#at = at;
  }

  /** Messages in one second; empty if the feed has none for this time. */
  at(time: number): Flow[] {
    if (time - this.#at > validFor) return [];
    return this.#flows.map(([from, to, type, count]) => ({ from, to, type, count }));
  }
}
