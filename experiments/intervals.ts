/** 95 % confidence intervals of shares, and of the difference between two readings of the same problems. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % of the normal distribution. */
const z = 1.959964;

/** Wilson's score interval; [0, 1] if nothing was measured. */
export const wilson = (right: number, total: number): Interval => {
  if (total === 0) return { low: 0, high: 1 };
  const share = right / total;
  const middle = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const spread =
    (z / (1 + z ** 2 / total)) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { low: Math.max(0, middle - spread), high: Math.min(1, middle + spread) };
};

export interface Paired extends Interval {
  readonly difference: number;
  /** Problems solved only after, and only before. */
  readonly gained: number;
  readonly lost: number;
}

interface Counts {
  readonly both: number;
  readonly gained: number;
  readonly lost: number;
  readonly neither: number;
}

const countsOf = (before: readonly boolean[], after: readonly boolean[]): Counts => {
  const count = (was: boolean, is: boolean) =>
    before.filter((right, index) => right === was && after[index] === is).length;
  return {
    ...{ both: count(true, true), gained: count(false, true) },
    ...{ lost: count(true, false), neither: count(false, false) },
  };
};

/** Correlation φ of two paired readings, with Newcombe's correction for small counts. */
const correlation = ({ both, gained, lost, neither }: Counts): number => {
  const total = both + gained + lost + neither;
  const product = (both + lost) * (gained + neither) * (both + gained) * (lost + neither);
  if (product === 0) return 0;
  const excess = both * neither - gained * lost;
  return (excess > 0 ? Math.max(0, excess - total / 2) : excess) / Math.sqrt(product);
};

/** Newcombe's interval for paired shares (Statistics in Medicine 17, 1998, method 10). */
export const pairedDifference = (before: readonly boolean[], after: readonly boolean[]): Paired => {
  const counts = countsOf(before, after);
  const { both, gained, lost } = counts;
  const total = Math.max(1, before.length);
  const [first, second] = [(both + lost) / total, (both + gained) / total];
  const [ofFirst, ofSecond] = [wilson(both + lost, before.length), wilson(both + gained, before.length)];
  const phi = correlation(counts);
  const reach = (one: number, other: number) =>
    Math.sqrt(Math.max(0, one ** 2 - 2 * phi * one * other + other ** 2));
  const difference = second - first;
  return {
    ...{ difference, gained, lost },
    low: difference - reach(second - ofSecond.low, ofFirst.high - first),
    high: difference + reach(ofSecond.high - second, first - ofFirst.low),
  };
};
