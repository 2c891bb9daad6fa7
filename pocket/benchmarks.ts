import { drawProblem } from "./corpus/material.ts";
import { seededRandom } from "./corpus/random.ts";
import { numberText, type Operation } from "./dialect/arithmetic.ts";
import { type Purpose, purposeOf } from "./dialect/heldout.ts";
import { conclusion, derive, planOf } from "./dialect/plan.ts";
import { type Family, type Problem, parseProblem, problemText } from "./dialect/problem.ts";

/**
 * Pocket benchmarks: held-out problems with exact answers. They come from a bucket that no corpus contains. The anchor
 * set's problems come from another bucket, so the anchor never uses a benchmark problem.
 * - `in-domain`: a third each of `chains`, `tens` and `back`, the usual problems of a society;
 * - `chains`, `tens`, `back`: these families at difficulties 3 to 6;
 * - `words`: stories of 3 to 6 operations;
 * - `long`: chains of 7 to 9 operations, which corpora also contain, but less often;
 * - `hard`: two-digit chains of 7 to 9 operations, half or more of them products;
 * - `unseen-lengths`: chains of 10 to 14, longer than any in a corpus;
 * - `unseen-family`: stories of 3 to 6 operations that begin with a bare chain, a form that no corpus contains.
 */
export const BENCHMARKS = [
  "in-domain",
  "chains",
  "tens",
  "back",
  "words",
  "long",
  "hard",
  "unseen-lengths",
  "unseen-family",
] as const;
export type Benchmark = (typeof BENCHMARKS)[number];

/** For readers who know only the names. */
export const ABOUT_BENCHMARKS: Readonly<Record<Benchmark, string>> = {
  "in-domain": "The usual problems of a society: a third each of chains, tens and back.",
  chains: "Chains of 3 to 6 steps with one-digit numbers, such as 7*8-3+9.",
  tens: "Chains of 3 to 6 steps with two-digit numbers, such as 37+8*4.",
  back: "Unknown numbers: find the x of a chain of 3 to 6 steps, such as x+7-3=5.",
  words: "Stories of 3 to 6 steps told in words.",
  long: "Chains of 7 to 9 steps, which are rare among the examples.",
  hard: "Two-digit chains of 7 to 9 steps, half or more of them products.",
  "unseen-lengths": "Chains of 10 to 14 steps, longer than any that a model was shown.",
  "unseen-family": "Stories that begin with a bare chain, a form that no model was shown.",
};

export interface BenchmarkProblem {
  readonly id: string;
  /** The question as a solver receives it, without the question mark. */
  readonly question: string;
  /** One digit, or two. */
  readonly answer: string;
  /** Number of steps, about. */
  readonly difficulty: number;
}

interface Kind {
  readonly shortest: number;
  readonly longest: number;
  /** They take turns. */
  readonly families: readonly Family[];
  /** The least share of products. */
  readonly productShare?: number;
}

const KINDS: Readonly<Record<Benchmark, Kind>> = {
  "in-domain": { shortest: 3, longest: 6, families: ["chain", "tens", "back"] },
  chains: { shortest: 3, longest: 6, families: ["chain"] },
  tens: { shortest: 3, longest: 6, families: ["tens"] },
  back: { shortest: 3, longest: 6, families: ["back"] },
  words: { shortest: 3, longest: 6, families: ["story"] },
  long: { shortest: 7, longest: 9, families: ["chain"] },
  hard: { shortest: 7, longest: 9, families: ["tens"], productShare: 0.5 },
  "unseen-lengths": { shortest: 10, longest: 14, families: ["chain"] },
  "unseen-family": { shortest: 3, longest: 6, families: ["mixed"] },
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

/** The exact answer to a problem. */
export const answerOf = (problem: Problem): string =>
  numberText(conclusion(derive(planOf(problem))), problem.chain.modulus);

/** The exact answer to a question of the dialect; undefined for any other text. */
export const exactAnswer = (question: string): string | undefined => {
  const problem = parseProblem(question);
  return problem && answerOf(problem);
};

/** True if a question's problem is reserved for benchmarks or the anchor. */
export const isHeldOut = (question: string): boolean => {
  const problem = parseProblem(question);
  return problem !== undefined && purposeOf(problem) !== "corpus";
};

const collect = (
  name: string,
  kind: Kind,
  purpose: Purpose,
  count: number,
  seed: number,
): BenchmarkProblem[] => {
  const random = seededRandom(seed);
  const isAccepted = hasProducts(kind.productShare ?? 0);
  const problems = new Map<string, BenchmarkProblem>();
  while (problems.size < count) {
    const { family, difficulty } = turnOf(kind, problems.size);
    const problem = drawProblem(family, difficulty, purpose, random, isAccepted);
    const question = problemText(problem, random.pick);
    if (problems.has(question)) continue;
    const id = `${name}-${seed}-${problems.size}`;
    problems.set(question, { id, question, answer: answerOf(problem), difficulty });
  }
  return [...problems.values()];
};

/** Families take turns, and each goes through all difficulties. */
const turnOf = ({ families, shortest, longest }: Kind, turn: number) => ({
  family: families[turn % families.length] ?? "chain",
  difficulty: shortest + (Math.floor(turn / families.length) % (longest - shortest + 1)),
});

const hasProducts = (share: number) => (operations: readonly Operation[]) =>
  operations.filter(({ operator }) => operator === "*").length >= share * operations.length;
