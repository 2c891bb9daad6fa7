import { type Chain, chainText, conclusion, derive, parseChain } from "./arithmetic.ts";
import { parseProblem } from "./problem.ts";

/**
 * True if a solution shows its steps and all are correct: each continues the previous result with the next operations
 * of the problem, and the last gives the answer. Undefined if the question poses no chain.
 */
export const isSound = (question: string, solution: string): boolean | undefined => {
  const problem = parseProblem(question);
  return problem && holds(problem.chain, solution);
};

const holds = (chain: Chain, solution: string): boolean => {
  const written = /^((?:\d(?:[-+*]\d)+=\d )+)ans (\d)\s*$/.exec(solution);
  if (!written) return false;
  let { first, operations } = chain;
  for (const item of written[1]?.trim().split(" ") ?? []) {
    const [left = "", result] = item.split("=");
    const count = parseChain(left)?.operations.length ?? 0;
    const covered = { first, operations: operations.slice(0, count) };
    if (count > operations.length || left !== chainText(covered) || Number(result) !== resultOf(covered))
      return false;
    first = Number(result);
    operations = operations.slice(count);
  }
  return operations.length === 0 && Number(written[2]) === first;
};

const resultOf = (chain: Chain): number => conclusion(derive(chain));
