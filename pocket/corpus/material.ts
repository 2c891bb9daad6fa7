import {
  type Chain,
  type Compute,
  conclusion,
  derive,
  exact,
  lastDigit,
  OPERATORS,
  type Operation,
  type Step,
} from "../dialect/arithmetic.ts";
import { type Purpose, purposeOf } from "../dialect/heldout.ts";
import { type Family, problemText } from "../dialect/problem.ts";
import { type Style, solutionText } from "../dialect/solution.ts";
import { MISCONCEPTIONS, mistaken } from "./misconception.ts";
import type { Random } from "./random.ts";

/** Difficulties that a corpus covers, with their odds: what elite contexts reach, and a little beyond. */
export const DIFFICULTY_ODDS = { 1: 6, 2: 14, 3: 17, 4: 17, 5: 16, 6: 10, 7: 8, 8: 7, 9: 5 } as const;
export const DIFFICULTIES = Object.keys(DIFFICULTY_ODDS).map(Number);
const FAMILY_ODDS: Record<Family, number> = { chain: 3, story: 1 };

export interface Posed {
  readonly chain: Chain;
  readonly question: string;
}

/** A chain of `difficulty` operations from the buckets of `purpose`. */
export function drawChain(difficulty: number, purpose: Purpose, random: Random): Chain {
  for (;;) {
    const operations = Array.from({ length: difficulty }, () => drawOperation(random));
    const chain = { first: random.integer(1, 9), operations };
    if (purposeOf(chain) === purpose) return chain;
  }
}

function drawOperation(random: Random): Operation {
  return { operator: random.pick(OPERATORS), operand: random.integer(1, 9) };
}

export function drawDifficulty(random: Random): number {
  return Number(random.weighted(DIFFICULTY_ODDS));
}

export function drawPosed(random: Random, difficulty = drawDifficulty(random), family?: Family): Posed {
  const chain = drawChain(difficulty, "corpus", random);
  return { chain, question: problemText(chain, family ?? random.weighted(FAMILY_ODDS), random.pick) };
}

/** A solution as a peer may offer it, right or wrong, in any style. */
export interface Offered {
  readonly text: string;
  readonly answer: number;
  readonly style: Style;
}

export function offer(steps: readonly Step[], style: Style): Offered {
  return { text: solutionText(steps, style), answer: conclusion(steps), style };
}

/** Right in `rightShare`; the others carry some misconception throughout, one slip, or a misquoted answer. */
export function drawOffered(chain: Chain, random: Random, rightShare = 0.5): Offered {
  const style = random.weighted({ steps: 3, results: 1, answer: 1 });
  if (random.uniform() < rightShare) return offer(derive(chain), style);
  const error = random.weighted({ misconception: 9, slip: 7, misquotation: 4 });
  if (error === "misquotation") return misquote(offer(derive(chain), style), random);
  const peer = random.pick(Object.values(MISCONCEPTIONS));
  const compute = error === "misconception" ? mistaken(peer, 1, random) : slip(chain, random);
  return offer(derive(chain, compute), style);
}

/** A solution whose answer is not the result of its last step: the answer is what counts. */
function misquote(offered: Offered, random: Random): Offered {
  const answer = lastDigit(offered.answer + random.integer(1, 9));
  return { ...offered, answer, text: offered.text.slice(0, -1) + answer };
}

/** Exact, but for one step whose result is some other digit. */
function slip(chain: Chain, random: Random): Compute {
  let step = random.integer(1, chain.operations.length);
  return (fact) => {
    step -= 1;
    return step === 0 ? lastDigit(exact(fact) + random.integer(1, 9)) : exact(fact);
  };
}
