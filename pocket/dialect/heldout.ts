import { chainText, equationText } from "./arithmetic.ts";
import type { Problem } from "./problem.ts";

/**
 * Held-out problems: a problem's bucket is a hash of its normal form, and 2 of 64 buckets are never in a corpus, neither
 * as a problem nor in an example, a check or a vote. There are too few digit problems of one operation to hold any out,
 * so all problems of one operation are in the corpus and none in a held-out set.
 */
export type Purpose = "corpus" | "benchmark" | "anchor";

export const BUCKETS = 64;
/** The fewest operations of a problem in a held-out set. */
export const SHORTEST_HELD_OUT = 2;

export const purposeOf = (problem: Problem): Purpose => {
  if (problem.chain.operations.length < SHORTEST_HELD_OUT) return "corpus";
  const bucket = hash(normalText(problem)) % BUCKETS;
  if (bucket === 0) return "benchmark";
  return bucket === 1 ? "anchor" : "corpus";
};

/** A problem without its wording: stories in the form of chains. */
export const normalText = ({ chain, family }: Problem): string =>
  family === "back" ? equationText(chain) : chainText(chain);

/** FNV-1a with a final avalanche, 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
};
