import { chainText, exact, type Operation, operationText, parseChain } from "./arithmetic.ts";
import { conclusion, derive, ORDERS, opposite, partsOf } from "./plan.ts";
import { type Problem, parseProblem } from "./problem.ts";

/**
 * True if a solution shows its steps and all are correct: each continues the previous result with operations that the
 * problem leaves to do, whatever the strategy, and the last gives the answer. Undefined if the question poses no problem.
 */
export const isSound = (question: string, solution: string): boolean | undefined => {
  const problem = parseProblem(question);
  return problem && holds(problem, solution);
};

const holds = (problem: Problem, solution: string): boolean => {
  const written = /^((?:\d+(?:[-+*]\d+)+=\d+ )+)ans (\d+)\s*$/.exec(solution);
  if (!written) return false;
  const { modulus } = problem.chain;
  let first = problem.chain.first;
  let left: Left | undefined = leftToDo(problem);
  for (const item of written[1]?.trim().split(" ") ?? []) {
    const [text = "", result] = item.split("=");
    const chain = parseChain(text);
    if (!chain || chain.modulus !== modulus || chain.first !== first) return false;
    const items = derive({ modulus, first, strides: [chain.operations] }, exact);
    left = chain.operations.reduce<Left | undefined>(
      (rest, one) => rest && without(rest, one, problem),
      left,
    );
    if (!left || chainText(chain) !== text || Number(result) !== conclusion(items)) return false;
    first = conclusion(items);
  }
  return left?.length === 0 && Number(written[2]) === first;
};

/** Operations that a solution still has to do. */
type Left = readonly Operation[];

const leftToDo = ({ family, chain }: Problem): Left =>
  family === "back" ? chain.operations.map(opposite) : chain.operations;

/**
 * What is left after one operation. Operations of an unknown number may be undone in any order; all others are done in
 * theirs, whole or in parts.
 */
const without = (left: Left, done: Operation, { family, chain }: Problem): Left | undefined => {
  const text = operationText(done, chain.modulus);
  const isDone = (one: Operation) => operationText(one, chain.modulus) === text;
  const places = family === "back" ? left.length : 1;
  const place = left.slice(0, places).findIndex(isDone);
  if (place >= 0) return left.toSpliced(place, 1);
  const [next, ...later] = left;
  if (!next || chain.modulus !== 100) return undefined;
  for (const order of ORDERS) {
    const [part, ...rest] = partsOf(next, order);
    if (part && rest.length > 0 && isDone(part)) return [...rest, ...later];
  }
  return undefined;
};
