import { drawChain } from "./corpus/material.ts";
import { MISCONCEPTIONS } from "./corpus/misconception.ts";
import { type Random, seededRandom } from "./corpus/random.ts";
import { type Chain, conclusion, derive, exact } from "./dialect/arithmetic.ts";
import { type Purpose, purposeOf } from "./dialect/heldout.ts";
import { type Family, parseProblem, problemText } from "./dialect/problem.ts";

/**
 * Pocket benchmarks: held-out problems with exact answers. Their chains come from a bucket that no corpus contains.
 * The anchor set's chains come from another bucket, so the anchor never uses a benchmark problem.
 * - `in-domain`: bare chains of 3 to 6 operations, the usual problems of a society;
 * - `long`: bare chains of 7 to 9 operations, which corpora also contain, but less often;
 * - `words`: stories of 3 to 6 operations;
 * - `hard`: bare chains of 5 to 8 in which most steps carry, borrow or multiply by seven or more;
 * - `unseen-lengths`: bare chains of 10 to 14, longer than any in a corpus;
 * - `unseen-family`: stories of 3 to 6 operations that begin with a bare chain, a form that no corpus contains.
 */
export const BENCHMARKS = ["in-domain", "long", "words", "hard", "unseen-lengths", "unseen-family"] as const;
export type Benchmark = (typeof BENCHMARKS)[number];

export interface BenchmarkProblem {
  readonly id: string;
  /** The question as a solver receives it, without the question mark. */
  readonly question: string;
  /** One digit. */
  readonly answer: string;
  /** Number of operations. */
  readonly difficulty: number;
}

interface Kind {
  readonly shortest: number;
  readonly longest: number;
  readonly family: Family;
  readonly hardShare: number;
}

const KINDS: Readonly<Record<Benchmark, Kind>> = {
  "in-domain": { shortest: 3, longest: 6, family: "chain", hardShare: 0 },
  long: { shortest: 7, longest: 9, family: "chain", hardShare: 0 },
  words: { shortest: 3, longest: 6, family: "story", hardShare: 0 },
  hard: { shortest: 5, longest: 8, family: "chain", hardShare: 0.75 },
  "unseen-lengths": { shortest: 10, longest: 14, family: "chain", hardShare: 0 },
  "unseen-family": { shortest: 3, longest: 6, family: "mixed", hardShare: 0 },
};

/** `count` distinct problems with evenly spread difficulties. The same seed gives the same problems. */
export const benchmark = (name: Benchmark, count: number, seed: number): BenchmarkProblem[] =>
  collect(name, KINDS[name], "benchmark", count, seed);

/** The external validation set: in-domain problems that are in no benchmark and no corpus. */
export const anchorSet = (count: number, seed: number): BenchmarkProblem[] =>
  collect("anchor", KINDS["in-domain"], "anchor", count, seed);

/** Training problems for baselines: in-domain problems whose chains a corpus may contain. */
export const poolSet = (count: number, seed: number): BenchmarkProblem[] =>
  collect("pool", KINDS["in-domain"], "corpus", count, seed);

/** True if an answer, as the pack's parser extracts it, is correct. */
export const grade = (problem: { readonly answer: string }, answer: string | undefined): boolean =>
  answer?.trim() === problem.answer;

/** The exact answer to a question of the dialect; undefined for any other text. */
export const exactAnswer = (question: string): string | undefined => {
  const problem = parseProblem(question);
  return problem && String(conclusion(derive(problem.chain)));
};

/** True if a question's chain is reserved for benchmarks or the anchor. */
export const isHeldOut = (question: string): boolean => {
  const problem = parseProblem(question);
  return problem !== undefined && purposeOf(problem.chain) !== "corpus";
};

const collect = (
  name: string,
  kind: Kind,
  purpose: Purpose,
  count: number,
  seed: number,
): BenchmarkProblem[] => {
  const random = seededRandom(seed);
  const problems = new Map<string, BenchmarkProblem>();
  const span = kind.longest - kind.shortest + 1;
  while (problems.size < count) {
    const difficulty = kind.shortest + (problems.size % span);
    const chain = drawOfKind(kind, difficulty, purpose, random);
    const question = problemText(chain, kind.family, random.pick);
    const answer = String(conclusion(derive(chain)));
    if (problems.has(question)) continue;
    problems.set(question, { id: `${name}-${seed}-${problems.size}`, question, answer, difficulty });
  }
  return [...problems.values()];
};

const drawOfKind = (kind: Kind, difficulty: number, purpose: Purpose, random: Random): Chain => {
  for (;;) {
    const chain = drawChain(difficulty, purpose, random);
    if (hardShare(chain) >= kind.hardShare) return chain;
  }
};

const HARD = [MISCONCEPTIONS.carries, MISCONCEPTIONS.borrows, MISCONCEPTIONS.bigProducts];

const hardShare = (chain: Chain): number => {
  const steps = derive(chain, exact);
  return steps.filter((step) => HARD.some((kind) => kind.applies(step))).length / steps.length;
};
