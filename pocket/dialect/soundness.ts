import { chainText, exact, type Operation, operationText, parseChain } from "./arithmetic.ts";
import { conclusion, derive, planOf } from "./plan.ts";
import { type Problem, parseProblem } from "./problem.ts";

/**
 * True if a solution shows its steps and all are correct: each continues the previous result with the next operations
 * of the problem, and the last gives the answer. Undefined if the question poses no problem.
 */
export const isSound = (question: string, solution: string): boolean | undefined => {
  const problem = parseProblem(question);
  return problem && holds(problem, solution);
};

const holds = (problem: Problem, solution: string): boolean => {
  const written = /^((?:\d+(?:[-+*]\d)+=\d+ )+)ans (\d+)\s*$/.exec(solution);
  if (!written) return false;
  const { modulus } = problem.chain;
  let first = problem.chain.first;
  let left: Left | undefined = planOf(problem).strides.flat();
  for (const item of written[1]?.trim().split(" ") ?? []) {
    const [text = "", result] = item.split("=");
    const chain = parseChain(text);
    if (!chain || chain.modulus !== modulus || chain.first !== first) return false;
    const items = derive({ modulus, first, strides: [chain.operations] }, exact);
    left = chain.operations.reduce<Left | undefined>((rest, one) => rest && without(rest, one), left);
    if (!left || chainText(chain) !== text || Number(result) !== conclusion(items)) return false;
    first = conclusion(items);
  }
  return left?.length === 0 && Number(written[2]) === first;
};

/** Operations that a solution still has to do. */
type Left = readonly Operation[];

/** What is left after the next operation; undefined if it is another one. */
const without = ([next, ...later]: Left, done: Operation): Left | undefined =>
  next && operationText(next) === operationText(done) ? later : undefined;
