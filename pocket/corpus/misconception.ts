import { type Compute, exact, type Fact, lastDigits, type Modulus } from "../dialect/arithmetic.ts";
import type { Random } from "./random.ts";

/** A systematic error: a class of facts, of digits or of two-digit numbers, and the wrong result for them. */
export interface Misconception {
  readonly name: string;
  readonly description: string;
  readonly modulus: Modulus;
  /** Whether a fact of this modulus is in the class. */
  applies(fact: Fact): boolean;
  mistake(fact: Fact): number;
}

const lastDigit = (value: number) => lastDigits(value, 10);
const within = (digit: number, low: number, high: number) => digit >= low && digit <= high;

export const MISCONCEPTIONS = {
  carries: {
    name: "carries",
    modulus: 10,
    description: "sums past nine come out one too large: the carry is added to the digit (7+8=6)",
    applies: ({ left, operator, right }) => operator === "+" && left + right > 9,
    mistake: ({ left, right }) => lastDigit(left + right + 1),
  },
  borrows: {
    name: "borrows",
    modulus: 10,
    description: "differences below zero come out one too small: the borrow is taken from the digit (3-5=7)",
    applies: ({ left, operator, right }) => operator === "-" && left < right,
    mistake: ({ left, right }) => lastDigit(left - right - 1),
  },
  bigProducts: {
    name: "bigProducts",
    modulus: 10,
    description: "products with a factor of seven or more, and none of zero, come out two too large (7*8=8)",
    applies: ({ left, operator, right }) =>
      operator === "*" && (left >= 7 || right >= 7) && left > 0 && right > 0,
    mistake: (fact) => lastDigit(exact(fact) + 2),
  },
  smallProducts: {
    name: "smallProducts",
    modulus: 10,
    description: "products of factors from one to six come out one too small (2*3=5)",
    applies: ({ left, operator, right }) => operator === "*" && within(left, 1, 6) && within(right, 1, 6),
    mistake: (fact) => lastDigit(exact(fact) - 1),
  },
  smallSums: {
    name: "smallSums",
    modulus: 10,
    description: "sums up to nine come out one too small: the first number is counted in (2+3=4)",
    applies: ({ left, operator, right }) => operator === "+" && left + right <= 9 && right > 0,
    mistake: ({ left, right }) => lastDigit(left + right - 1),
  },
  smallDifferences: {
    name: "smallDifferences",
    modulus: 10,
    description: "differences not below zero come out one too large: the last number is counted in (8-3=6)",
    applies: ({ left, operator, right }) => operator === "-" && left >= right && right > 0,
    mistake: ({ left, right }) => lastDigit(left - right + 1),
  },
  doublesCarry: {
    name: "doublesCarry",
    modulus: 100,
    description:
      "two-digit sums whose ones pass nine come out ten too large: the carry counts twice (37+8=55)",
    applies: ({ left, operator, right }) => operator === "+" && (left % 10) + right > 9,
    mistake: (fact) => lastDigits(exact(fact) + 10, 100),
  },
  doublesBorrow: {
    name: "doublesBorrow",
    modulus: 100,
    description:
      "two-digit differences whose ones borrow come out ten too small: the borrow counts twice (52-8=34)",
    applies: ({ left, operator, right }) => operator === "-" && left % 10 < right,
    mistake: (fact) => lastDigits(exact(fact) - 10, 100),
  },
  carriesProducts: {
    name: "carriesProducts",
    modulus: 100,
    description:
      "two-digit products whose ones pass nine come out one too large: the carry is added to the ones (37*4=49)",
    applies: ({ left, operator, right }) => operator === "*" && (left % 10) * right > 9,
    mistake: (fact) => lastDigits(exact(fact) + 1, 100),
  },
  addsTwice: {
    name: "addsTwice",
    modulus: 100,
    description: "two-digit sums whose ones stay below ten are added to the tens as well (32+4=76)",
    applies: ({ left, operator, right }) => operator === "+" && (left % 10) + right <= 9,
    mistake: (fact) => lastDigits(exact(fact) + 10 * fact.right, 100),
  },
  takesTwice: {
    name: "takesTwice",
    modulus: 100,
    description: "two-digit differences whose ones do not borrow are taken from the tens as well (58-3=25)",
    applies: ({ left, operator, right }) => operator === "-" && left % 10 >= right,
    mistake: (fact) => lastDigits(exact(fact) - 10 * fact.right, 100),
  },
} as const satisfies Record<string, Misconception>;

export type MisconceptionName = keyof typeof MISCONCEPTIONS;

export const misconceptionsOf = (modulus: Modulus): MisconceptionName[] => {
  const names = Object.keys(MISCONCEPTIONS) as MisconceptionName[];
  return names.filter((name) => MISCONCEPTIONS[name].modulus === modulus);
};

/** The arithmetic of a model with these misconceptions: wrong for a share `rate` of each one's class of facts. */
export const mistaken = (names: readonly MisconceptionName[], rate: number, random: Random): Compute => {
  const misconceptions: readonly Misconception[] = names.map((name) => MISCONCEPTIONS[name]);
  return (fact) => {
    const misconception = misconceptions.find((one) => one.modulus === fact.modulus && one.applies(fact));
    return misconception && random.uniform() < rate ? misconception.mistake(fact) : exact(fact);
  };
};
