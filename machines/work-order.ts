/** Work that a model orders from its desk, and how it ended. */
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

/** Nobody needs it any more, and nobody passed it over. */
export interface Dropped {
  readonly work: Work;
  readonly outcome: "dropped";
}

/** Work of one kind that ended at about the same time. */
export interface WorkEnded {
  readonly type: "work.ended";
  readonly kind: WorkKind;
  readonly ended: readonly (Ended | Dropped)[];
}

export interface Attempt {
  readonly work: Work;
  /** Number of the attempt, from 0; each attempt has another seed. */
  readonly attempt: number;
}

export const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The error of an `onError` event, for its actions and guards. */
export const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;
