/** The share of right answers of a reading; 0 for none. */
import type { Answer } from "../runtime/messages.ts";

export const rightShare = (answers: readonly Answer[]): number =>
  answers.filter(({ right }) => right).length / Math.max(1, answers.length);
