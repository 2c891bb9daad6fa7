/** The difference between two shares that were measured on different problems. */
import { type Interval, wilson } from "../intervals.ts";

export interface Share {
  readonly right: number;
  readonly total: number;
}

export interface UnpairedDifference extends Interval {
  readonly difference: number;
}

/** Second less first, with Newcombe's interval for independent shares (Statistics in Medicine 17, 1998, method 10). */
export const unpairedDifference = (first: Share, second: Share): UnpairedDifference => {
  const [one, other] = [first.right / Math.max(1, first.total), second.right / Math.max(1, second.total)];
  const [ofOne, ofOther] = [wilson(first.right, first.total), wilson(second.right, second.total)];
  const difference = other - one;
  return {
    difference,
    low: difference - Math.hypot(other - ofOther.low, ofOne.high - one),
    high: difference + Math.hypot(ofOther.high - other, one - ofOne.low),
  };
};
