/** The JSON of a run's growth: rounds, anchors, ratings, verdicts and tokens; one of the resources of view.ts. */
import type { Rating, Strategy } from "../runtime/messages.ts";

export interface RoundPoint {
  readonly round: number;
  readonly at: number;
  readonly passRate: number;
  readonly target: number;
  readonly difficulty: number;
  readonly surprise: number;
  readonly strategy: Strategy;
  readonly settled: number;
  readonly voided: number;
  readonly admitted: number;
  /** Mean length of a solution [characters]. */
  readonly responseLength: number;
  /** Share of correct solutions among the verified ones (precision) and among all (raw); only with ground truth. */
  readonly precision?: number;
  readonly raw?: number;
  /** Share of verified solutions, by model. */
  readonly accuracy: Readonly<Record<string, number>>;
}

export interface AnchorPoint {
  readonly at: number;
  readonly round: number;
  readonly model: string;
  readonly adapter: number;
  readonly purpose: "baseline" | "anchor" | "gate";
  readonly zeroShot: number;
  readonly eliteShot: number;
  /** True if the model used these weights from then on; a candidate's become true on publication. */
  readonly inForce: boolean;
}

/** GET /api/growth?until= */
export interface GrowthView {
  readonly models: readonly string[];
  readonly rounds: readonly RoundPoint[];
  readonly anchors: readonly AnchorPoint[];
  readonly switches: readonly {
    readonly round: number;
    readonly at: number;
    readonly after: Strategy;
    readonly cause: string;
  }[];
  /** μ and σ of all members, at most one point per round. */
  readonly ratings: readonly {
    readonly round: number;
    readonly at: number;
    readonly ratings: Readonly<Record<string, Rating>>;
  }[];
  /** Per generation: time from the first sample to a full buffer [s]. */
  readonly fillings: readonly {
    readonly generation: number;
    /** Time when the buffer was full; jobs of the previous generation may still train then. */
    readonly at: number;
    readonly seconds: number;
  }[];
  /** Verdict counts by verifier and author, with the errors if the task has ground truth. */
  readonly verdicts: readonly VerdictCell[];
  readonly tokens: readonly TokenCell[];
  /** Numbers of points, if a run that plays has more than its page shows; earlier times have all. */
  readonly thinned?: { readonly shown: number; readonly all: number };
}

export interface VerdictCell {
  readonly verifier: string;
  readonly author: string;
  readonly accepted: number;
  readonly refused: number;
  readonly abstained: number;
  readonly falseAccepts: number;
  readonly falseRefusals: number;
}

/** Costs of one model's calls in one role. */
export interface TokenCell {
  readonly model: string;
  readonly role: string;
  readonly calls: number;
  readonly promptTokens: number;
  /** Of the prompt tokens, those that endpoints say they had cached. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly seconds: number;
}
