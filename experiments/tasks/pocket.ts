/** Arithmetic of the last digits: the task of the pocket models, with exact answers for anchors, benchmarks and reports. */
import {
  ABOUT_BENCHMARKS,
  anchorSet,
  BENCHMARKS,
  type Benchmark,
  benchmark,
  exactAnswer,
  grade,
  isHeldOut,
  poolSet,
} from "../../pocket/benchmarks.ts";
import { objectionIn } from "../../pocket/dialect/objection.ts";
import { type Family, parseProblem, RULES } from "../../pocket/dialect/problem.ts";
import { isSound } from "../../pocket/dialect/soundness.ts";
import type { Task } from "../../runtime/task.ts";
import { unknownBenchmark } from "./error.ts";
import { roleCases } from "./pocket-roles.ts";

const isBenchmark = (name: string): name is Benchmark => BENCHMARKS.some((known) => known === name);

/** In the shares of the anchor and the in-domain benchmark: a third digits, a third two-digit numbers, a third unknown ones. */
const TOPICS: readonly Family[] = ["chain", "story", "tens", "tens", "back", "back"];

export const pocketTask: Task = {
  name: "pocket",
  topics: TOPICS,
  anchor: anchorSet,
  pool: poolSet,
  benchmarks: BENCHMARKS,
  benchmark: (name, size, seed) => {
    if (isBenchmark(name)) return benchmark(name, size, seed);
    throw unknownBenchmark(name, BENCHMARKS);
  },
  grade,
  contamination: (question) =>
    isHeldOut(question) ? "contaminated: reserved for benchmarks and anchors" : undefined,
  truth: exactAnswer,
  rule: (question) => {
    const problem = parseProblem(question);
    return problem && RULES[problem.family];
  },
  objection: objectionIn,
  aboutBenchmarks: ABOUT_BENCHMARKS,
  sound: isSound,
  roleCases,
};
