import {
  type Compute,
  numberText,
  OPERATORS,
  type Operation,
  type Operator,
  parseChain,
} from "../dialect/arithmetic.ts";
import { type Purpose, purposeOf } from "../dialect/heldout.ts";
import { conclusion, derive, type Item, planOf, type Style } from "../dialect/plan.ts";
import { type FAMILIES, type Family, type Problem, problemText } from "../dialect/problem.ts";
import { shownItems } from "../dialect/solution.ts";
import type { Random } from "./random.ts";

/** Difficulties in a corpus with their odds. They cover the elite examples of a society and slightly more. */
export const DIFFICULTY_ODDS = { 1: 6, 2: 14, 3: 17, 4: 17, 5: 16, 6: 10, 7: 8, 8: 7, 9: 5 } as const;
export const DIFFICULTIES = Object.keys(DIFFICULTY_ODDS).map(Number);
const FAMILY_ODDS = { chain: 2, story: 1, tens: 4, back: 2 } as const satisfies Record<
  (typeof FAMILIES)[number],
  number
>;

export interface Posed {
  readonly problem: Problem;
  readonly question: string;
}

/** A problem of this difficulty from the buckets of `purpose`, with operations that are accepted. */
export const drawProblem = (
  family: Family,
  difficulty: number,
  purpose: Purpose,
  random: Random,
  isAccepted: (operations: readonly Operation[]) => boolean = () => true,
): Problem => {
  const modulus = family === "tens" ? 100 : 10;
  for (;;) {
    // A loop, because most draws are in other buckets: it takes half as long as `Array.from`.
    const operations: Operation[] = [];
    while (operations.length < difficulty) operations.push(drawOperation(family, random));
    const chain = { modulus, first: random.integer(0, modulus - 1), operations } as const;
    const problem = { family, chain };
    if (isAccepted(operations) && purposeOf(problem) === purpose) return problem;
  }
};

/** In two-digit chains products are rarer, for a small model hardly learns them, and no operand is trivial. */
export const drawOperation = (family: Family, random: Random): Operation => {
  if (family === "tens") return { operator: random.pick(TENS_OPERATORS), operand: random.integer(2, 9) };
  const operator = family === "back" ? random.pick(["+", "-"] as const) : random.pick(OPERATORS);
  return { operator, operand: random.integer(0, 9) };
};
const TENS_OPERATORS: readonly Operator[] = ["+", "+", "-", "-", "*"];

export const drawDifficulty = (random: Random): number => Number(random.weighted(DIFFICULTY_ODDS));

export const drawPosed = (
  random: Random,
  difficulty = drawDifficulty(random),
  family: Family = random.weighted(FAMILY_ODDS),
): Posed => {
  const problem = drawProblem(family, difficulty, "corpus", random);
  return { problem, question: problemText(problem, random.pick) };
};

/** A peer's solution, correct or faulty, in any style. */
export interface Offered {
  readonly text: string;
  /** The written steps or leaps before the answer. */
  readonly items: readonly string[];
  readonly answer: number;
  readonly style: Style;
}

/** How a solution is worked: its style, and what its author takes for right. */
export interface Manner {
  readonly style: Style;
  readonly compute?: Compute;
}

/** The derivation of a problem in a manner. */
export const work = (problem: Problem, { style, compute }: Manner): Item[] =>
  derive(planOf(problem, style), compute);

/** A leap solves a short problem of its own. If that is held out, the solution shows every step instead. */
export const teachableStyle = (problem: Problem, style: Style): Style => {
  if (style !== "leaps") return style;
  const leaps = shownItems(work(problem, { style }), style).map((item) =>
    parseChain(item.split("=")[0] ?? ""),
  );
  const isHeldOut = leaps.some((chain) => chain && purposeOf({ family: "chain", chain }) !== "corpus");
  return isHeldOut ? "steps" : "leaps";
};

export const offer = (problem: Problem, manner: Manner): Offered => {
  const items = work(problem, manner);
  return write(problem, shownItems(items, manner.style), conclusion(items), manner);
};

/** What stands in a solution with these items and this answer. */
export const write = (
  problem: Problem,
  items: readonly string[],
  answer: number,
  manner: Manner,
): Offered => ({
  text: [...items, `ans ${numberText(answer, problem.chain.modulus)}`].join(" "),
  items,
  answer,
  style: manner.style,
});
