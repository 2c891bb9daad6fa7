import {
  type Chain,
  type Compute,
  exact,
  type Modulus,
  type Operation,
  type Operator,
} from "./arithmetic.ts";
import type { Problem } from "./problem.ts";

/** How much of a derivation a solution shows: every step, leaps, or the answer only. */
export const STYLES = ["steps", "leaps", "answer"] as const;
export type Style = (typeof STYLES)[number];

/**
 * The strategy, where two are valid. Which part of an operand comes first: the tens (`37+48` as `37+40` and `+08`) or
 * the ones; and in which order an unknown number's operations are undone: the first one first, or the last one first.
 */
export const ORDERS = ["front", "rear"] as const;
export type Order = (typeof ORDERS)[number];

const OPPOSITES: Readonly<Record<Operator, Operator>> = { "+": "-", "-": "+", "*": "*" };

/** Turns an operation round, to undo it. */
export const opposite = ({ operator, operand }: Operation): Operation => ({
  operator: OPPOSITES[operator],
  operand,
});

/** The way to an answer: what each written item does to the result so far. */
export interface Plan {
  readonly modulus: Modulus;
  readonly first: number;
  readonly strides: readonly (readonly Operation[])[];
}

/** One written item: `7*8=6`, or the leap `7*8-3=3`. */
export interface Item {
  readonly modulus: Modulus;
  readonly left: number;
  readonly operations: readonly Operation[];
  readonly result: number;
}

/**
 * The plan of a problem. A leap takes two operations on digits at once, or one operation on two-digit numbers without
 * taking its operand apart.
 */
export const planOf = (problem: Problem, style: Style = "steps", order: Order = "front"): Plan => {
  const { chain } = problem;
  const { modulus, first } = chain;
  const leaps = style === "leaps";
  if (modulus === 100) {
    const operations = leaps ? chain.operations : chain.operations.flatMap((one) => partsOf(one, order));
    return { modulus, first, strides: operations.map((one) => [one]) };
  }
  const operations = problem.family === "back" ? undone(chain, order) : chain.operations;
  return { modulus, first, strides: inGroups(operations, leaps ? LEAP : 1) };
};

const LEAP = 2;

const undone = ({ operations }: Chain, order: Order): Operation[] => {
  const inverted = operations.map(opposite);
  return order === "front" ? inverted : inverted.reverse();
};

const inGroups = (operations: readonly Operation[], size: number): Operation[][] =>
  Array.from({ length: Math.ceil(operations.length / size) }, (_, index) =>
    operations.slice(index * size, (index + 1) * size),
  );

const FACTORS: Readonly<Record<number, readonly [number, number]>> = {
  4: [2, 2],
  6: [2, 3],
  8: [2, 4],
  9: [3, 3],
};

/** `+48` as `+40` and `+08`, `*6` as `*2` and `*3`; the operation itself if it has no parts. */
export const partsOf = ({ operator, operand }: Operation, order: Order): Operation[] => {
  const [tens, ones] = [operand - (operand % 10), operand % 10];
  const sums = tens > 0 && ones > 0 ? [tens, ones] : [operand];
  const parts = operator === "*" ? (FACTORS[operand] ?? [operand]) : sums;
  const operations = parts.map((part) => ({ operator, operand: part }));
  return order === "front" ? operations : operations.reverse();
};

/** Works a plan item by item. */
export const derive = ({ modulus, first, strides }: Plan, compute: Compute = exact): Item[] => {
  let result = first;
  return strides.map((operations) => {
    const left = result;
    for (const { operator, operand } of operations)
      result = compute({ modulus, left: result, operator, right: operand });
    return { modulus, left, operations, result };
  });
};

/** The same derivation with one operation in each item. */
export const singly = ({ strides, ...plan }: Plan): Plan => ({
  ...plan,
  strides: strides.flat().map((operation) => [operation]),
});

/** The last result of a derivation. */
export const conclusion = (items: readonly Item[]): number => {
  const last = items.at(-1);
  if (!last) throw new RangeError("a derivation has at least one item");
  return last.result;
};
