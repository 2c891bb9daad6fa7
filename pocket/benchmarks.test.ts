import { describe, expect, test } from "vitest";
import { loadPack } from "../prompts/pack.ts";
import { anchorSet, BENCHMARKS, benchmark, exactAnswer, grade, isHeldOut, poolSet } from "./benchmarks.ts";
import { corpus } from "./corpus/corpus.ts";
import { RECIPES } from "./corpus/recipe.ts";
import { normalText, purposeOf } from "./dialect/heldout.ts";
import { parseProblem } from "./dialect/problem.ts";
import { decode } from "./dialect/tokenizer.ts";

const pack = loadPack(`${import.meta.dirname}/../prompts/pocket`);

/** All problems in a text, posed or shown; a written step or leap is not a problem. */
const problemsIn = (text: string): string[] =>
  [
    ...text.matchAll(
      /x(?:[-+]\d)+=\d|(?<![-+*x\d])\d+(?:[-+*]\d+)+(?![=\d])|[a-z]+ has \d(?: [a-z]+ \d)+ how many/g,
    ),
  ].map(([found]) => found);

const problemOf = (question: string) => {
  const problem = parseProblem(question);
  if (!problem) throw new Error(`no problem: ${question}`);
  return problem;
};

describe("the benchmarks", () => {
  const bounds = {
    "in-domain": [3, 6],
    chains: [3, 6],
    tens: [3, 6],
    back: [3, 6],
    words: [3, 6],
    long: [7, 9],
    hard: [7, 9],
    "unseen-lengths": [10, 14],
    "unseen-family": [3, 6],
  } as const;

  test.each(BENCHMARKS)("of %s are distinct, exact, seeded, and within their difficulty bounds", (name) => {
    const problems = benchmark(name, 1000, 5);
    expect(benchmark(name, 100, 5)).toEqual(problems.slice(0, 100));
    expect(benchmark(name, 100, 6)).not.toEqual(problems.slice(0, 100));
    expect(new Set(problems.map(({ question }) => question)).size).toBe(1000);
    expect(new Set(problems.map(({ id }) => id)).size).toBe(1000);
    const isPosable = !name.startsWith("unseen");
    const [shortest, longest] = bounds[name];
    const isSound = ({ question, answer, difficulty }: (typeof problems)[number]) =>
      pack.question(question) === (isPosable ? question : undefined) &&
      answer === exactAnswer(question) &&
      difficulty === parseProblem(question)?.chain.operations.length &&
      difficulty >= shortest &&
      difficulty <= longest;
    expect(problems.filter((problem) => !isSound(problem))).toEqual([]);
  });

  test("share no problem with the anchor set", () => {
    const formsOf = (problems: readonly { question: string }[]) =>
      problems.map(({ question }) => normalText(problemOf(question)));
    const anchors = new Set(formsOf(anchorSet(400, 1)));
    for (const name of BENCHMARKS)
      expect(formsOf(benchmark(name, 400, 1)).filter((form) => anchors.has(form))).toEqual([]);
  });

  test.each(RECIPES.map((recipe) => [recipe.name, recipe] as const))(
    "are in no dialogue of %s, in any role, nor is a problem like those of unseen lengths and of the unseen family",
    (_, recipe) => {
      const texts = Array.from(corpus(recipe, pack, 250_000), ({ tokens }) => decode(tokens));
      const problems = texts.flatMap(problemsIn);
      expect(problems.filter(isHeldOut)).toEqual([]);
      expect(problems.length).toBeGreaterThan(2000);
      const unseen = /\d(?:[-+*]\d){10}|(?: [a-z]+ \d){11}|has \d[-+*]/;
      expect(texts.filter((text) => unseen.test(text))).toEqual([]);
    },
  );

  test("are graded exactly", () => {
    const [problem] = benchmark("words", 1, 1);
    if (!problem) throw new Error("no problem");
    expect(purposeOf(problemOf(problem.question))).toBe("benchmark");
    expect(grade(problem, problem.answer)).toBe(true);
    expect(grade(problem, String((Number(problem.answer) + 1) % 10))).toBe(false);
    expect(grade(problem, `${problem.answer}0`)).toBe(false);
    expect(grade(problem, undefined)).toBe(false);
  });
});

test("the training pool has right answers and holds nothing of the anchor or a benchmark", () => {
  const pool = poolSet(300, 4);
  expect(new Set(pool.map(({ question }) => question)).size).toBe(300);
  expect(pool.filter(({ question }) => isHeldOut(question))).toEqual([]);
  expect(pool.every(({ question, answer }) => exactAnswer(question) === answer)).toBe(true);
});
