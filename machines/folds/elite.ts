/** Who teaches in elite-peer learning. */
import type { Rating } from "../../runtime/messages.ts";

/** The members with the highest μ, best first. */
export const eliteOf = (ratings: Readonly<Record<string, Rating>>, count: number): string[] =>
  Object.entries(ratings)
    .toSorted(([, left], [, right]) => right.mu - left.mu)
    .slice(0, count)
    .map(([member]) => member);
