/**
 * Last-digit arithmetic: chains of + - * on digits, worked left to right, every step modulo 10
 * (a negative number wraps: 3-5=8).
 */
export const OPERATORS = ["+", "-", "*"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Operation {
  readonly operator: Operator;
  /** 0 to 9. */
  readonly operand: number;
}

/** `first`, then each operation applied to the result so far. The difficulty is the number of operations. */
export interface Chain {
  readonly first: number;
  readonly operations: readonly Operation[];
}

/** One arithmetic fact without its result. */
export interface Fact {
  readonly left: number;
  readonly operator: Operator;
  readonly right: number;
}

/** Computes a step: exactly, or with a model's misconception. */
export type Compute = (fact: Fact) => number;

/** The digit congruent to `value` modulo 10. */
export const lastDigit = (value: number): number => ((value % 10) + 10) % 10;

export const exact: Compute = ({ left, operator, right }) => {
  if (operator === "+") return lastDigit(left + right);
  return operator === "-" ? lastDigit(left - right) : lastDigit(left * right);
};

export interface Step extends Fact {
  readonly result: number;
}

/** Works a chain step by step. */
export const derive = (chain: Chain, compute: Compute = exact): Step[] => {
  let left = chain.first;
  return chain.operations.map(({ operator, operand }) => {
    const fact = { left, operator, right: operand };
    left = compute(fact);
    return { ...fact, result: left };
  });
};

/** The last result of a derivation. */
export const conclusion = (steps: readonly Step[]): number => {
  const last = steps.at(-1);
  if (!last) throw new RangeError("a derivation has at least one step");
  return last.result;
};

/** `7*8-3`: the normal form of a chain, for any wording of the problem. */
export const chainText = (chain: Chain): string =>
  chain.first + chain.operations.map(({ operator, operand }) => operator + operand).join("");

/** The chain of a normal form; undefined for any other text. */
export const parseChain = (text: string): Chain | undefined => {
  if (!/^\d([-+*]\d)+$/.test(text)) return undefined;
  const operations = [...text.slice(1).matchAll(/([-+*])(\d)/g)].map((match) => ({
    operator: match[1] as Operator,
    operand: Number(match[2]),
  }));
  return { first: Number(text[0]), operations };
};
