/** Levenshtein distance: the fewest insertions, deletions and replacements that turn one word into the other. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [rowIndex, letter] of [...left].entries()) {
    const next = [rowIndex + 1];
    for (const [index, other] of [...right].entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
};

/** The known word most similar to a mistyped one; undefined if none is similar. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, apart: distance(lower, candidate.toLowerCase()) }))
    .sort((left, right) => left.apart - right.apart);
  const best = ranked[0];
  return best && best.apart <= Math.max(2, word.length / 3) ? best.candidate : undefined;
};
