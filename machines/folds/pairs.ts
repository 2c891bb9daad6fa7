/** Which solutions of a question are compared. */
import type { Dossier, Pair } from "../../runtime/messages.ts";

/** Every pair of verified solutions once. */
export const pairsOf = (dossier: Dossier): Pair[] =>
  dossier.verified.flatMap((first, index) =>
    dossier.verified
      .slice(index + 1)
      .map((second) => ({ pair: `${dossier.question}:${first}|${second}`, first, second })),
  );
