import {
  type Chain,
  type Compute,
  conclusion,
  derive,
  exact,
  lastDigit,
  OPERATORS,
  type Operation,
  parseChain,
  type Step,
} from "../dialect/arithmetic.ts";
import { type Purpose, purposeOf } from "../dialect/heldout.ts";
import { type Family, problemText } from "../dialect/problem.ts";
import { type Style, shownItems } from "../dialect/solution.ts";
import { MISCONCEPTIONS, mistaken } from "./misconception.ts";
import type { Random } from "./random.ts";

/** Difficulties in a corpus with their odds. They cover the elite examples of a society and slightly more. */
export const DIFFICULTY_ODDS = { 1: 6, 2: 14, 3: 17, 4: 17, 5: 16, 6: 10, 7: 8, 8: 7, 9: 5 } as const;
export const DIFFICULTIES = Object.keys(DIFFICULTY_ODDS).map(Number);
const FAMILY_ODDS = { chain: 3, story: 1 } as const;

export interface Posed {
  readonly chain: Chain;
  readonly question: string;
}

/** A chain of `difficulty` operations from the buckets of `purpose`. */
export const drawChain = (difficulty: number, purpose: Purpose, random: Random): Chain => {
  for (;;) {
    const operations = Array.from({ length: difficulty }, () => drawOperation(random));
    const chain = { first: random.integer(0, 9), operations };
    if (purposeOf(chain) === purpose) return chain;
  }
};

const drawOperation = (random: Random): Operation => ({
  operator: random.pick(OPERATORS),
  operand: random.integer(0, 9),
});

export const drawDifficulty = (random: Random): number => Number(random.weighted(DIFFICULTY_ODDS));

export const drawPosed = (random: Random, difficulty = drawDifficulty(random), family?: Family): Posed => {
  const chain = drawChain(difficulty, "corpus", random);
  return { chain, question: problemText(chain, family ?? random.weighted(FAMILY_ODDS), random.pick) };
};

/** A peer's solution, correct or faulty, in any style. */
export interface Offered {
  readonly text: string;
  /** The written steps or leaps before the answer. */
  readonly items: readonly string[];
  readonly answer: number;
  readonly style: Style;
}

/** A leap solves a short chain of its own. If that chain is held out, the solution shows every step instead. */
export const teachableStyle = (steps: readonly Step[], style: Style): Style => {
  if (style !== "leaps") return style;
  const leaps = shownItems(steps, style).map((item) => parseChain(item.slice(0, item.indexOf("="))));
  return leaps.some((leap) => leap && purposeOf(leap) !== "corpus") ? "steps" : style;
};

export const offer = (steps: readonly Step[], style: Style): Offered =>
  write(shownItems(steps, style), conclusion(steps), style);

const write = (items: readonly string[], answer: number, style: Style): Offered => ({
  text: [...items, `ans ${answer}`].join(" "),
  items,
  answer,
  style,
});

/** Odds of the faults. Some faults change the answer, others do not, so comparing answers alone misses them. */
const FAULT_ODDS = {
  misconception: 8,
  slip: 6,
  misquotation: 3,
  lapse: 4,
  substitution: 3,
  gap: 2,
  silence: 2,
} as const;
export type Fault = keyof typeof FAULT_ODDS;
export const FAULTS = Object.keys(FAULT_ODDS) as Fault[];

/** Correct with probability `rightShare`, in any style; otherwise with one fault. */
export const drawOffered = (chain: Chain, random: Random, rightShare = 0.5): Offered => {
  if (random.uniform() >= rightShare) return drawFaulty(chain, random.weighted(FAULT_ODDS), random);
  const style = random.weighted({ steps: 6, leaps: 3, answer: 1 });
  return offer(derive(chain), teachableStyle(derive(chain), style));
};

/** A solution with one fault. Its answer may still be correct by chance, or because the fault does not affect it. */
export const drawFaulty = (chain: Chain, fault: Fault, random: Random): Offered => {
  const style = teachableStyle(derive(chain), random.weighted({ steps: 2, leaps: 1 }));
  switch (fault) {
    case "silence":
      return offer(derive(chain), "answer");
    case "misconception":
      return offer(derive(chain, mistaken(random.pick(Object.values(MISCONCEPTIONS)), 1, random)), style);
    case "slip":
      return offer(derive(chain, slip(chain, random)), style);
    case "misquotation": {
      const steps = derive(chain);
      return write(shownItems(steps, style), lastDigit(conclusion(steps) + random.integer(1, 9)), style);
    }
    case "lapse":
      return lapse(derive(chain), style, random);
    case "substitution":
      return offer(derive(substituted(chain, random)), style);
    case "gap":
      return withGap(derive(chain), style, random);
  }
};

/** Exact except for one step with a wrong digit; the later steps continue from the wrong result. */
const slip = (chain: Chain, random: Random): Compute => {
  let step = random.integer(1, chain.operations.length);
  return (fact) => {
    step -= 1;
    return step === 0 ? lastDigit(exact(fact) + random.integer(1, 9)) : exact(fact);
  };
};

/** One written digit is wrong, but the later steps and the answer are correct. */
const lapse = (steps: readonly Step[], style: Style, random: Random): Offered => {
  const items = shownItems(steps, style);
  const answer = conclusion(steps);
  const place = random.integer(0, items.length - 1);
  const digits = [...(items[place] ?? "").matchAll(/\d/g)].map(({ index }) => index);
  return write(
    items.with(place, withOtherDigit(items[place] ?? "", random.pick(digits), random)),
    answer,
    style,
  );
};

const withOtherDigit = (item: string, index: number, random: Random): string => {
  const digit = lastDigit(Number(item[index]) + random.integer(1, 9));
  return `${item.slice(0, index)}${digit}${item.slice(index + 1)}`;
};

/** A chain with one operation replaced: its derivation is correct, but for another problem. */
const substituted = (chain: Chain, random: Random): Chain => {
  const place = random.integer(0, chain.operations.length - 1);
  return { ...chain, operations: chain.operations.with(place, drawOperation(random)) };
};

/** One item is missing, or the last one is repeated; the answer is correct. */
const withGap = (steps: readonly Step[], style: Style, random: Random): Offered => {
  const items = shownItems(steps, style);
  const [last] = items.slice(-1);
  const place = random.integer(0, items.length - 1);
  const changed =
    last !== undefined && random.uniform() < 0.25 ? [...items, last] : items.toSpliced(place, 1);
  return write(changed, conclusion(steps), style);
};
