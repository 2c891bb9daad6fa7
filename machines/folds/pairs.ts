/** Which solutions of a question are compared. */
import type { Dossier, Pair } from "../../runtime/messages.ts";

export const pairId = (first: string, second: string): string => `${first}|${second}`;

const known = new WeakMap<readonly string[], readonly Pair[]>();

/** Every pair of verified solutions once. Found once per list of them: lists are replaced and never changed. */
export const pairsOf = ({ verified }: Pick<Dossier, "verified">): readonly Pair[] => {
  const pairs = known.get(verified) ?? allPairs(verified);
  known.set(verified, pairs);
  return pairs;
};

const allPairs = (verified: readonly string[]): Pair[] =>
  verified.flatMap((first, index) =>
    verified.slice(index + 1).map((second) => ({ pair: pairId(first, second), first, second })),
  );
