/**
 * Mathematics in English, for real language models. The external problems are the user's files: a pool for anchor and
 * gate, and benchmarks. None of them may be posed, nor a question that copies thirteen consecutive words; the anchor
 * and the training pool are held to the same rule.
 */
import { hashOf } from "../../machines/random.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Grade, Problem, Task } from "../../runtime/task.ts";
import { clean } from "../grading/clean.ts";
import { choiceIn, finalAnswer } from "../grading/final-answer.ts";
import { Grader } from "../grading/grader.ts";
import { benchmarkFile, samplesOf } from "./benchmarks.ts";
import { KnownProblems } from "./contamination.ts";
import { TaskError, unknownBenchmark } from "./error.ts";
import type { Hub } from "./hub.ts";
import { posed, readProblems, type StoredProblem } from "./problem-file.ts";

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
const drawn = (problems: readonly StoredProblem[], size: number, seed: number): readonly StoredProblem[] =>
  problems
    .map((problem): [number, StoredProblem] => [hashOf(seed, problem.id, problem.question), problem])
    .toSorted(([left], [right]) => left - right)
    .slice(0, size)
    .map(([, problem]) => problem);

type Files = Pick<
  Config,
  | "anchorFile"
  | "benchmarkFiles"
  | "benchmarks"
  | "benchmarkSamples"
  | "dataFolder"
  | "externalAnchor"
  | "gate"
  | "lora"
  | "poolFile"
>;

const readAnchor = async ({ anchorFile, externalAnchor, gate, lora }: Files): Promise<StoredProblem[]> => {
  if (anchorFile !== undefined) return readProblems("anchorFile", anchorFile);
  if (!externalAnchor && !(gate && lora)) return [];
  throw new TaskError("task math has no problems for the external anchor and the gate", {
    fix: "set anchorFile to a JSON Lines file of problems that are in no benchmark (experiments/configs/1b.yaml names one), or externalAnchor and gate to false",
  });
};

/** The benchmarks that are known by name come first. */
const readBenchmarks = async (
  { benchmarks, benchmarkFiles, dataFolder }: Files,
  hub: Hub,
): Promise<ReadonlyMap<string, readonly StoredProblem[]>> => {
  const sets = new Map<string, readonly StoredProblem[]>();
  for (const name of benchmarks)
    sets.set(name, await readProblems(name, await benchmarkFile(name, dataFolder ?? "data", hub)));
  for (const [name, file] of Object.entries(benchmarkFiles))
    sets.set(name, await readProblems(`benchmarkFiles.${name}`, file));
  return sets;
};

/** The problems that copy none of the known ones: the gate would otherwise select adapters by benchmarks. */
const without = (problems: readonly StoredProblem[], known: KnownProblems): readonly StoredProblem[] =>
  problems.filter(({ question }) => known.flaw(question) === undefined);

const gradeWith = async (grader: Grader, { answer, isChoice }: Problem, given: string): Promise<Grade> => {
  if (isChoice) return choiceIn(clean(given)) === answer;
  const verdict = await grader.compare(answer, given);
  return verdict === "undecided" ? verdict : verdict === "equal";
};

const hubOf = (env: NodeJS.ProcessEnv): Hub => ({ endpoint: env.HF_ENDPOINT, token: env.HF_TOKEN });

/** Reads all files immediately, so that a run fails before it starts. @throws TaskError */
export const mathTask = async (config: Files, hub = hubOf(process.env)): Promise<Task> => {
  const benchmarks = await readBenchmarks(config, hub);
  const known = new KnownProblems();
  known.add([...benchmarks.values()].flat());
  const stored = await readAnchor(config);
  const anchor = without(stored, known);
  if (anchor.length === 0 && stored.length > 0) {
    throw new TaskError("all problems of anchorFile are in a benchmark", {
      fix: "set it to a file of others",
    });
  }
  known.add(anchor);
  const training =
    config.poolFile === undefined ? undefined : await readProblems("poolFile", config.poolFile);
  const lessons = training && without(training, known);
  const grader = new Grader();
  return {
    name: "math",
    topics,
    anchor: (size, seed) => drawn(anchor, size, seed).map((problem) => posed(problem, seed)),
    ...(lessons
      ? {
          pool: (size: number, seed: number) =>
            drawn(lessons, size, seed).map((problem) => posed(problem, seed)),
        }
      : {}),
    benchmarks: [...benchmarks.keys()],
    benchmark: (name, size, seed) => {
      const problems = benchmarks.get(name);
      if (problems !== undefined) return drawn(problems, size, seed).map((problem) => posed(problem, seed));
      throw unknownBenchmark(name, [...benchmarks.keys()]);
    },
    samples: (name) => config.benchmarkSamples[name] ?? samplesOf(name),
    grade: (problem, given) => given !== undefined && gradeWith(grader, problem, given),
    answer: ({ isChoice }, reply) => (isChoice ? choiceIn(reply) : finalAnswer(reply)),
    contamination: (question) => known.flaw(question),
    truth: () => undefined,
  };
};
