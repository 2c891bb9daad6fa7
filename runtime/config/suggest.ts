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

/** Slips that make a mistyped word: two, in a long word more, and in a short one not most of it. */
const slipsIn = ({ length }: string): number => Math.min(Math.max(2, length / 3), length / 2);

/** The known word most similar to a mistyped one; undefined if none is similar. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, apart: distance(lower, candidate.toLowerCase()) }))
    .sort((left, right) => left.apart - right.apart);
  const best = ranked[0];
  return best && best.apart <= slipsIn(word) ? best.candidate : undefined;
};
