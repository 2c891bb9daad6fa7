/** What a page in one file knows of its run, as JSON: the server's resources, those that change at some times only. */
import type { QuestionLine, QuestionView } from "../../view.ts";
import type { Change } from "./changes.ts";

export interface Recorded {
  /** Resources that are the same at all times, by path. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Sampled times in order [epoch ms]. */
  readonly times: readonly number[];
  /** By path: the value at the first time, and the changes from each time to the next. */
  readonly timed: Readonly<Record<string, { readonly first: unknown; readonly changes: readonly Change[] }>>;
  /** All questions, oldest first. */
  readonly lines: readonly QuestionLine[];
  /** Those with their transcript, by id. */
  readonly questions: Readonly<Record<string, QuestionView>>;
}

/** Id of the element that holds the JSON, as gzip in base64. */
export const recordedElement = "recorded";
