import { type Compute, exact, lastDigits, type Modulus } from "../dialect/arithmetic.ts";
import { conclusion, type Item, opposite, type Style } from "../dialect/plan.ts";
import type { Problem } from "../dialect/problem.ts";
import { shownItems } from "../dialect/solution.ts";
import { drawOperation, type Manner, type Offered, offer, teachableStyle, work, write } from "./material.ts";
import { misconceptionsOf, mistaken } from "./misconception.ts";
import type { Random } from "./random.ts";

/** Odds of the faults. Some faults change the answer, others do not, so comparing answers alone misses them. */
const FAULT_ODDS = {
  misconception: 8,
  slip: 6,
  misquotation: 2,
  lapse: 5,
  substitution: 8,
  gap: 3,
  silence: 2,
} as const;
export type Fault = keyof typeof FAULT_ODDS;
export const FAULTS = Object.keys(FAULT_ODDS) as Fault[];

/** Correct with probability `rightShare`, in any style; otherwise with one fault. */
export const drawOffered = (problem: Problem, random: Random, rightShare = 0.5): Offered => {
  if (random.uniform() >= rightShare) return drawFaulty(problem, random.weighted(FAULT_ODDS), random);
  return offer(problem, teachable(problem, random.weighted({ steps: 6, leaps: 3, answer: 1 })));
};

const teachable = (problem: Problem, style: Style): Manner => ({ style: teachableStyle(problem, style) });

/** A solution with one fault. Its answer may still be correct by chance, or because the fault does not affect it. */
export const drawFaulty = (problem: Problem, fault: Fault, random: Random): Offered => {
  const manner = teachable(problem, random.weighted({ steps: 2, leaps: 1 }));
  switch (fault) {
    case "silence":
      return offer(problem, { ...manner, style: "answer" });
    case "misconception":
      return misconceived(problem, manner, random);
    case "slip":
      return offer(problem, { ...manner, compute: slip(work(problem, manner), random) });
    case "misquotation": {
      const items = work(problem, manner);
      return write(
        problem,
        shownItems(items, manner.style),
        other(conclusion(items), problem, random),
        manner,
      );
    }
    case "lapse":
      return lapse(problem, manner, random);
    case "substitution":
      return offer(substituted(problem, random), manner);
    case "gap":
      return withGap(problem, manner, random);
  }
};

/** With one misconception throughout. */
const misconceived = (problem: Problem, manner: Manner, random: Random): Offered => {
  const compute = mistaken([random.pick(misconceptionsOf(problem.chain.modulus))], 1, random);
  return offer(problem, { ...manner, compute });
};

/** A number other than `value`. */
const other = (value: number, { chain: { modulus } }: Problem, random: Random): number =>
  lastDigits(value + random.integer(1, modulus - 1), modulus);

/** Exact except for one step with a wrong result; the later steps continue from the wrong result. */
const slip = (items: readonly Item[], random: Random): Compute => {
  let step = random.integer(1, items.flatMap(({ operations }) => operations).length);
  return (fact) => {
    step -= 1;
    if (step !== 0) return exact(fact);
    return lastDigits(exact(fact) + slipSize(fact.modulus, random), fact.modulus);
  };
};

/** One digit is wrong in two-digit numbers. */
const slipSize = (modulus: Modulus, random: Random): number =>
  random.integer(1, 9) * (modulus === 100 ? random.pick([1, 10]) : 1);

/** One written digit is wrong, but the later steps and the answer are correct. */
const lapse = (problem: Problem, manner: Manner, random: Random): Offered => {
  const derivation = work(problem, manner);
  const items = shownItems(derivation, manner.style);
  const place = random.integer(0, items.length - 1);
  const digits = [...(items[place] ?? "").matchAll(/\d/g)].map(({ index }) => index);
  const changed = items.with(place, withOtherDigit(items[place] ?? "", random.pick(digits), random));
  return write(problem, changed, conclusion(derivation), manner);
};

const withOtherDigit = (item: string, index: number, random: Random): string => {
  const digit = lastDigits(Number(item[index]) + random.integer(1, 9), 10);
  return `${item.slice(0, index)}${digit}${item.slice(index + 1)}`;
};

/**
 * A problem with one operation replaced, of an unknown number often by its opposite: its derivation is correct, but for
 * another problem.
 */
const substituted = (problem: Problem, random: Random): Problem => {
  const { family, chain } = problem;
  const place = random.integer(0, chain.operations.length - 1);
  const [operation] = chain.operations.slice(place);
  const isTurned = operation && family === "back" && random.uniform() < 0.6;
  const other = isTurned ? opposite(operation) : drawOperation(family, random);
  return { family, chain: { ...chain, operations: chain.operations.with(place, other) } };
};

/** One item is missing, or the last one is repeated; the answer is correct. */
const withGap = (problem: Problem, manner: Manner, random: Random): Offered => {
  const derivation = work(problem, manner);
  const items = shownItems(derivation, manner.style);
  const [last] = items.slice(-1);
  const place = random.integer(0, items.length - 1);
  const changed =
    last !== undefined && random.uniform() < 0.25 ? [...items, last] : items.toSpliced(place, 1);
  return write(problem, changed, conclusion(derivation), manner);
};
