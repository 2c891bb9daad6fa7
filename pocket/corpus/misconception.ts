import { type Compute, exact, type Fact, lastDigit } from "../dialect/arithmetic.ts";
import type { Random } from "./random.ts";

/** A systematic error: a class of facts and the wrong result for them. */
export interface Misconception {
  readonly name: string;
  readonly description: string;
  applies(fact: Fact): boolean;
  mistake(fact: Fact): number;
}

const within = (digit: number, low: number, high: number) => digit >= low && digit <= high;

export const MISCONCEPTIONS = {
  carries: {
    name: "carries",
    description: "sums past nine come out one too large: the carry is added to the digit (7+8=6)",
    applies: ({ left, operator, right }) => operator === "+" && left + right > 9,
    mistake: ({ left, right }) => lastDigit(left + right + 1),
  },
  borrows: {
    name: "borrows",
    description: "differences below zero come out one too small: the borrow is taken from the digit (3-5=7)",
    applies: ({ left, operator, right }) => operator === "-" && left < right,
    mistake: ({ left, right }) => lastDigit(left - right - 1),
  },
  bigProducts: {
    name: "bigProducts",
    description: "products with a factor of seven or more, and none of zero, come out two too large (7*8=8)",
    applies: ({ left, operator, right }) =>
      operator === "*" && (left >= 7 || right >= 7) && left > 0 && right > 0,
    mistake: (fact) => lastDigit(exact(fact) + 2),
  },
  smallProducts: {
    name: "smallProducts",
    description: "products of factors from one to six come out one too small (2*3=5)",
    applies: ({ left, operator, right }) => operator === "*" && within(left, 1, 6) && within(right, 1, 6),
    mistake: (fact) => lastDigit(exact(fact) - 1),
  },
  smallSums: {
    name: "smallSums",
    description: "sums up to nine come out one too small: the first number is counted in (2+3=4)",
    applies: ({ left, operator, right }) => operator === "+" && left + right <= 9 && right > 0,
    mistake: ({ left, right }) => lastDigit(left + right - 1),
  },
  smallDifferences: {
    name: "smallDifferences",
    description: "differences not below zero come out one too large: the last number is counted in (8-3=6)",
    applies: ({ left, operator, right }) => operator === "-" && left >= right && right > 0,
    mistake: ({ left, right }) => lastDigit(left - right + 1),
  },
} as const satisfies Record<string, Misconception>;

export type MisconceptionName = keyof typeof MISCONCEPTIONS;

/** The arithmetic of a model with this misconception: wrong for a share `rate` of its class of facts. */
export const mistaken =
  (misconception: Misconception, rate: number, random: Random): Compute =>
  (fact) =>
    misconception.applies(fact) && random.uniform() < rate ? misconception.mistake(fact) : exact(fact);
