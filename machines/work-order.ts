/** One piece of a model's work, and how it ended: what a model orders from its desk, and what it hears back. */
import type { Draft } from "../runtime/messages.ts";
import type { Work } from "./work.ts";

export interface WorkOrder {
  readonly work: Work;
  readonly attempts: number;
  readonly timeoutSeconds: number;
}

export type WorkEnded = {
  readonly type: "work.ended";
  readonly work: Work;
} & (
  | { readonly outcome: "done"; readonly drafts: readonly Draft[] }
  | { readonly outcome: "failed"; readonly cause: string }
);

export interface Attempt {
  readonly work: Work;
  /** 0 at first; an effect draws another seed for each attempt. */
  readonly attempt: number;
}

export const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was thrown, for an action or a guard of `onError`. */
export const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;
