/**
 * Mathematics in English, for real language models. The external problems are the user's files: a pool for anchor and
 * gate, and benchmarks. None of them may be posed, nor a question that copies thirteen consecutive words.
 */
import { hashOf } from "../../machines/random.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Problem, Task } from "../../runtime/task.ts";
import { isSameAnswer } from "./answer.ts";
import { KnownProblems, wordsOf } from "./contamination.ts";
import { TaskError, unknownBenchmark } from "./error.ts";
import { readProblems } from "./problem-file.ts";

const topics = [
  "everyday arithmetic, told as a short story",
  "fractions, ratios and percentages",
  "rates, speed and work",
  "linear equations and systems of them",
  "quadratic equations and polynomials",
  "sequences and series",
  "functions and their graphs",
  "exponents, roots and logarithms",
  "divisibility, primes and remainders",
  "digits and number bases",
  "counting: permutations, combinations and paths",
  "probability",
  "averages and statistics",
  "triangles and other polygons",
  "circles",
  "solids: volume and surface",
  "coordinate geometry",
  "trigonometry",
  "inequalities and extreme values",
  "logic and sets",
] as const;

/** `size` problems in random order; the same seed gives the same ones. */
const drawn = (problems: readonly Problem[], size: number, seed: number): readonly Problem[] =>
  problems
    .map((problem): [number, Problem] => [hashOf(seed, problem.id, problem.question), problem])
    .toSorted(([left], [right]) => left - right)
    .slice(0, size)
    .map(([, problem]) => problem);

type Files = Pick<Config, "anchorFile" | "benchmarkFiles" | "externalAnchor" | "gate" | "lora" | "poolFile">;

const readAnchor = ({ anchorFile, externalAnchor, gate, lora }: Files): readonly Problem[] => {
  if (anchorFile !== undefined) return readProblems("anchorFile", anchorFile);
  if (!externalAnchor && !(gate && lora)) return [];
  throw new TaskError("task math has no problems for the external anchor and the gate", {
    fix: "set anchorFile to a JSON Lines file of problems that are in no benchmark (experiments/configs/1b.yaml names one), or externalAnchor and gate to false",
  });
};

/**
 * Removes benchmark problems from the anchor, since the gate would otherwise select adapters by them, and the problems
 * of both from the training pool.
 */
const without = (pool: readonly Problem[], benchmarks: readonly Problem[]): readonly Problem[] => {
  const forms = new Set(benchmarks.map(({ question }) => wordsOf(question).join(" ")));
  return pool.filter(({ question }) => !forms.has(wordsOf(question).join(" ")));
};

/** Reads all files immediately, so that a run fails before it starts. @throws TaskError */
export const mathTask = (config: Files): Task => {
  const benchmarks = new Map(
    Object.entries(config.benchmarkFiles).map(([name, file]) => [
      name,
      readProblems(`benchmarkFiles.${name}`, file),
    ]),
  );
  const anchor = readAnchor(config);
  const pool = without(anchor, [...benchmarks.values()].flat());
  if (pool.length === 0 && anchor.length > 0) {
    throw new TaskError("all problems of anchorFile are in a benchmark", {
      fix: "set it to a file of others",
    });
  }
  const training = config.poolFile === undefined ? undefined : readProblems("poolFile", config.poolFile);
  const lessons = training && without(training, [...pool, ...[...benchmarks.values()].flat()]);
  const known = new KnownProblems();
  for (const problems of [pool, ...benchmarks.values()]) known.add(problems);
  return {
    name: "math",
    topics,
    anchor: (size, seed) => drawn(pool, size, seed),
    ...(lessons ? { pool: (size: number, seed: number) => drawn(lessons, size, seed) } : {}),
    benchmarks: [...benchmarks.keys()],
    benchmark: (name, size, seed) => {
      const problems = benchmarks.get(name);
      if (problems !== undefined) return drawn(problems, size, seed);
      throw unknownBenchmark(name, [...benchmarks.keys()]);
    },
    grade: ({ answer }, given) => given !== undefined && isSameAnswer(answer, given),
    contamination: (question) => known.flaw(question),
    truth: () => undefined,
  };
};
