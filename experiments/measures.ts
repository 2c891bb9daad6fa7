/** The results of measuring a run: shares of right answers, before and after. */
import type { Point } from "./lineage.ts";

/** Share of right answers at one answer per problem (pass@1), by model. */
export type Scores = Readonly<Record<string, number>>;

export interface CurvePoint extends Pick<Point, "generation" | "withdrawn"> {
  readonly scores: Scores;
}

export interface Measures {
  readonly problems: number;
  /** Zero-shot in-domain pass@1 of the base weights, after each generation and after each withdrawal. */
  readonly curve: readonly CurvePoint[];
  /** In-domain pass@1 with the final elite examples, base and final weights; empty where the history is empty. */
  readonly eliteBefore: Scores;
  readonly eliteAfter: Scores;
  /** Zero-shot pass@1 on the other benchmarks, by name. */
  readonly others: Readonly<Record<string, { readonly before: Scores; readonly after: Scores }>>;
  /** Share of good replies in the other roles, by figure; empty if the task has none. */
  readonly roles: Readonly<Record<string, { readonly before: Scores; readonly after: Scores }>>;
  /** Causes of missing scores, by member. */
  readonly unmeasured: Readonly<Record<string, string>>;
}

export const meanScore = (scores: Scores): number => {
  const values = Object.values(scores);
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
};
