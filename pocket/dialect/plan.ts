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

const OPPOSITES: Readonly<Record<Operator, Operator>> = { "+": "-", "-": "+", "*": "*" };

/** An operation turned round, to undo it. */
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

/** The plan of a problem: an unknown number is found from the last operation back. A leap takes two operations at once. */
export const planOf = (problem: Problem, style: Style = "steps"): Plan => {
  const { modulus, first, operations: posed } = problem.chain;
  const operations = problem.family === "back" ? undone(problem.chain) : posed;
  return { modulus, first, strides: inGroups(operations, style === "leaps" ? LEAP : 1) };
};

const LEAP = 2;

const undone = ({ operations }: Chain): Operation[] => operations.map(opposite).reverse();

const inGroups = (operations: readonly Operation[], size: number): Operation[][] =>
  Array.from({ length: Math.ceil(operations.length / size) }, (_, index) =>
    operations.slice(index * size, (index + 1) * size),
  );

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
