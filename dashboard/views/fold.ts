/** A view that is updated with facts and moments one by one and can be read at any time. */
import type { Fact } from "../record/facts.ts";
import type { Moment } from "../record/feed.ts";

export interface Fold {
  accept(fact: Fact): void;
  /** Facts and moments come from different files, so a fold must not depend on their relative order. */
  acceptMoment?(moment: Moment): void;
  /** Increases with each change; views of equal revisions are equal. */
  readonly revision: number;
}
