/** Pieces of a model's work, and how they ended: what a model orders from its desk, and what it hears back. */
import type { Draft } from "../runtime/messages.ts";
import type { Work, WorkKind } from "./work.ts";

export interface WorkOrder {
  readonly work: Work;
  readonly attempts: number;
  readonly timeoutSeconds: number;
}

export type Ended = { readonly work: Work } & (
  | { readonly outcome: "done"; readonly drafts: readonly Draft[] }
  | { readonly outcome: "failed"; readonly cause: string }
);

/** Work of one kind that ended at about the same time. */
export interface WorkEnded {
  readonly type: "work.ended";
  readonly kind: WorkKind;
  readonly ended: readonly Ended[];
}

export interface Attempt {
  readonly work: Work;
  /** 0 at first; an effect draws another seed for each attempt. */
  readonly attempt: number;
}

export const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was thrown, for an action or a guard of `onError`. */
export const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;
