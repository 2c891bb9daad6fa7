/**
 * Arithmetic of the last digits: chains of + - *, worked left to right. A chain that begins with one digit is worked
 * modulo 10, one that begins with two digits modulo 100; a negative number wraps (3-5=8, 02-5=97).
 */
export const OPERATORS = ["+", "-", "*"] as const;
export type Operator = (typeof OPERATORS)[number];

/** Results have one digit modulo 10, and two modulo 100 (`07`); operands always have one. */
export type Modulus = 10 | 100;

export interface Operation {
  readonly operator: Operator;
  /** 0 to 9 */
  readonly operand: number;
}

/** `first`, then each operation applied to the result so far. */
export interface Chain {
  readonly modulus: Modulus;
  readonly first: number;
  readonly operations: readonly Operation[];
}

/** One arithmetic fact without its result. */
export interface Fact {
  readonly modulus: Modulus;
  readonly left: number;
  readonly operator: Operator;
  readonly right: number;
}

/** Computes a step: exactly, or with a model's misconceptions. */
export type Compute = (fact: Fact) => number;

/** The number in [0, modulus) congruent to `value`. */
export const lastDigits = (value: number, modulus: Modulus): number =>
  ((value % modulus) + modulus) % modulus;

export const exact: Compute = ({ modulus, left, operator, right }) => {
  if (operator === "+") return lastDigits(left + right, modulus);
  return lastDigits(operator === "-" ? left - right : left * right, modulus);
};

export const numberText = (value: number, modulus: Modulus): string =>
  modulus === 100 ? String(value).padStart(2, "0") : String(value);

/** `+4` */
export const operationText = ({ operator, operand }: Operation): string => operator + operand;

/** `7*8-3`, `37+8*4` */
export const chainText = ({ modulus, first, operations }: Chain): string =>
  numberText(first, modulus) + operations.map(operationText).join("");

/** `x+7-3=5`: the operations of a chain, on an unknown number, lead to its first number. */
export const equationText = ({ modulus, first, operations }: Chain): string =>
  `x${operations.map(operationText).join("")}=${numberText(first, modulus)}`;

/** The chain of a text; undefined for any other text. */
export const parseChain = (text: string): Chain | undefined => {
  if (!/^\d\d?([-+*]\d)+$/.test(text)) return undefined;
  const operations = [...text.matchAll(/([-+*])(\d)/g)].map((match) => ({
    operator: match[1] as Operator,
    operand: Number(match[2]),
  }));
  return { modulus: /^\d\d/.test(text) ? 100 : 10, first: Number.parseInt(text, 10), operations };
};
