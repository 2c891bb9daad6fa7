/** Which solutions of a question are compared. */
import type { Dossier, Pair } from "../../runtime/messages.ts";
import { latest } from "./latest.ts";

export const pairId = (first: string, second: string): string => `${first}|${second}`;

const allPairs = latest((verified: readonly string[]): readonly Pair[] =>
  verified.flatMap((first, index) =>
    verified.slice(index + 1).map((second) => ({ pair: pairId(first, second), first, second })),
  ),
);

/** Every pair of verified solutions once. */
export const pairsOf = ({ verified }: Pick<Dossier, "verified">): readonly Pair[] => allPairs(verified);
