/**
 * Arithmetic of the last digits: chains of + - *, worked left to right. Chains of digits are worked modulo 10, chains
 * of two-digit numbers modulo 100; a negative number wraps (3-5=8, 12-50=62).
 */
export const OPERATORS = ["+", "-", "*"] as const;
export type Operator = (typeof OPERATORS)[number];

/** Numbers have one digit modulo 10, and two modulo 100 (`07`); factors always have one. */
export type Modulus = 10 | 100;

export interface Operation {
  readonly operator: Operator;
  /** 0 to 9; 0 to 99 for sums and differences modulo 100. */
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

/** `+48`, `*8` */
export const operationText = ({ operator, operand }: Operation, modulus: Modulus): string =>
  operator + (operator === "*" ? operand : numberText(operand, modulus));

/** `7*8-3`, `37+48*8` */
export const chainText = ({ modulus, first, operations }: Chain): string =>
  numberText(first, modulus) + operations.map((one) => operationText(one, modulus)).join("");

/** `x+7-3=5`: the operations of a chain, on an unknown number, lead to its first number. */
export const equationText = ({ modulus, first, operations }: Chain): string =>
  `x${operations.map((one) => operationText(one, modulus)).join("")}=${numberText(first, modulus)}`;

/** The chain of a text; undefined for any other text. */
export const parseChain = (text: string): Chain | undefined => {
  const isLong = /^\d\d([-+]\d\d|\*\d)+$/.test(text);
  if (!isLong && !/^\d([-+*]\d)+$/.test(text)) return undefined;
  const operations = [...text.matchAll(/([-+*])(\d+)/g)].map((match) => ({
    operator: match[1] as Operator,
    operand: Number(match[2]),
  }));
  return { modulus: isLong ? 100 : 10, first: Number.parseInt(text, 10), operations };
};
