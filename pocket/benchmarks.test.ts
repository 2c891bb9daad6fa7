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
  test("are distinct, exact, seeded, and within their difficulty bounds", () => {
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
    };
    for (const name of BENCHMARKS) {
      const problems = benchmark(name, 300, 5);
      expect(benchmark(name, 300, 5)).toEqual(problems);
      expect(benchmark(name, 300, 6)).not.toEqual(problems);
      expect(new Set(problems.map((problem) => problem.question)).size).toBe(300);
      expect(new Set(benchmark(name, 2000, 5).map(({ id }) => id)).size).toBe(2000);
      for (const problem of problems) {
        const isPosable = !name.startsWith("unseen");
        expect(pack.question(problem.question)).toBe(isPosable ? problem.question : undefined);
        expect(problem.answer).toBe(exactAnswer(problem.question));
        const { chain } = problemOf(problem.question);
        expect(chain.operations).toHaveLength(problem.difficulty);
        expect(problem.difficulty).toBeGreaterThanOrEqual(bounds[name][0] ?? 0);
        expect(problem.difficulty).toBeLessThanOrEqual(bounds[name][1] ?? 0);
      }
    }
  });

  test("share no problem with the anchor set", () => {
    const formsOf = (problems: readonly { question: string }[]) =>
      problems.map(({ question }) => normalText(problemOf(question)));
    const anchors = new Set(formsOf(anchorSet(400, 1)));
    for (const name of BENCHMARKS)
      for (const form of formsOf(benchmark(name, 400, 1))) expect(anchors.has(form)).toBe(false);
  });

  test("are in no corpus, in any role", () => {
    for (const recipe of RECIPES) {
      let seen = 0;
      for (const { tokens } of corpus(recipe, pack, 250_000)) {
        for (const question of problemsIn(decode(tokens))) {
          seen += 1;
          if (isHeldOut(question)) throw new Error(`${recipe.name}: ${question} is held out`);
        }
      }
      expect(seen).toBeGreaterThan(2000);
    }
  });

  test("of unseen lengths and of the unseen family have no similar problem in a corpus", () => {
    for (const recipe of RECIPES) {
      for (const { tokens } of corpus(recipe, pack, 100_000)) {
        const text = decode(tokens);
        expect(text).not.toMatch(/\d(?:[-+*]\d){10}|(?: [a-z]+ \d){11}/);
        expect(text).not.toMatch(/has \d[-+*]/);
      }
    }
  });

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
