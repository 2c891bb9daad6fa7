/**
 * Whether a loss of accuracy is real or chance: exact one-sided tests. Each gives the probability of a loss at least
 * as large if both sets of weights were equally good.
 */

/** log n! by n, up to the largest n used so far. */
const logFactorials: number[] = [0];

const logFactorial = (n: number): number => {
  for (let next = logFactorials.length; next <= n; next += 1) {
    logFactorials.push((logFactorials[next - 1] ?? 0) + Math.log(next));
  }
  return logFactorials[n] ?? 0;
};

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/** The sum of `term` over the whole numbers from `first` to `last`; rounding must not make it more than 1. */
const total = (first: number, last: number, term: (value: number) => number): number => {
  let sum = 0;
  for (let value = first; value <= last; value += 1) sum += term(value);
  return Math.min(1, sum);
};

/** McNemar's exact test: the probability that `lost` or more of the problems solved by one side only are losses. */
export const signTest = (lost: number, won: number): number => {
  const discordant = lost + won;
  return total(lost, discordant, (k) => Math.exp(logChoose(discordant, k) - discordant * Math.LN2));
};

export interface Tally {
  readonly correct: number;
  readonly total: number;
}

/** Fisher's exact test, for readings that cannot be paired: the probability that `after` solves as few or fewer. */
export const fisherTest = (before: Tally, after: Tally): number => {
  const solved = before.correct + after.correct;
  const all = logChoose(before.total + after.total, solved);
  return total(Math.max(0, solved - before.total), after.correct, (k) =>
    Math.exp(logChoose(after.total, k) + logChoose(before.total, solved - k) - all),
  );
};
