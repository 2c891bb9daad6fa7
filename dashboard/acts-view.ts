/** The JSON resources about what a person does to a run. */
import type { Strategy } from "../runtime/messages.ts";

/** What the society answers to a person's question. */
export interface AnswerView {
  /** The winner's answer and name; undefined without a winner. */
  readonly answer?: string;
  readonly author?: string;
  /** Each answer with the members that gave it, those of most members first. */
  readonly answers: readonly { readonly answer: string; readonly authors: readonly string[] }[];
  /** Checks that speak for the winner's answer (it accepted, another refused), of all that did not abstain. */
  readonly checks: { readonly agreeing: number; readonly given: number };
  /** Their share; undefined without checks. */
  readonly confidence?: number;
  /** The winner's explanation, and what the verifiers of its solution wrote. */
  readonly reasons: readonly { readonly by: string; readonly text: string }[];
}

/** One act of an operator. */
export interface ActLine {
  readonly act: string;
  readonly at: number;
  readonly operator: string;
  readonly text: string;
  readonly question?: string;
}

/** A question that a person asked; without `answeredAt` it is under way, or was left by the end of the run. */
export interface AskedLine {
  readonly question: string;
  readonly text: string;
  readonly operator: string;
  readonly at: number;
  readonly answeredAt?: number;
  readonly answer?: string;
  readonly confidence?: number;
  /** Why there is no solution. */
  readonly reason?: string;
}

/** GET /api/acts?until=; POST /api/acts does one (docs/acts.md). */
export interface ActsView {
  /** No round opens, but for as many as it has been stepped by. */
  readonly paused: boolean;
  readonly steps: number;
  /** The operator, while it is paused. */
  readonly pausedBy?: string;
  /** What the next round opens with, as key=value. */
  readonly waiting: readonly string[];
  /** Of the newest round. */
  readonly difficulty: number;
  /** Least and greatest difficulty. */
  readonly range: readonly [least: number, greatest: number];
  readonly strategy: Strategy;
  /** The newest round that has ended; a fork begins after a round's end. */
  readonly closedRound?: number;
  /** The ten components, as they are in force. */
  readonly components: Readonly<Record<string, boolean>>;
  /** The version in force and the one before it, by model, and the job that makes another. */
  readonly adapters: readonly {
    readonly model: string;
    readonly version: number;
    readonly before: number;
    readonly job?: string;
  }[];
  /** Newest first. */
  readonly asked: readonly AskedLine[];
  readonly log: readonly ActLine[];
  readonly forkedFrom?: {
    readonly parent: string;
    readonly records: number;
    readonly changed: readonly string[];
  };
}
