/** How a view grows: it takes facts and moments one by one and can be looked at between any two of them. */
import type { Fact } from "../record/facts.ts";
import type { Moment } from "../record/feed.ts";

export interface Fold {
  accept(fact: Fact): void;
  /** Moments come from another file than facts: a fold must not depend on their order among each other. */
  acceptMoment?(moment: Moment): void;
  /** Counts what has changed the view: views of equal revisions are equal. */
  readonly revision: number;
}
