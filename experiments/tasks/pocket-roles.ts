import { drawFaulty, FAULTS } from "../../pocket/corpus/fault.ts";
import { drawProblem, offer } from "../../pocket/corpus/material.ts";
import { type Random, seededRandom } from "../../pocket/corpus/random.ts";
import { normalText } from "../../pocket/dialect/heldout.ts";
import type { Problem } from "../../pocket/dialect/problem.ts";
import { isSound } from "../../pocket/dialect/soundness.ts";
import type { RoleCase, RoleReader } from "../../runtime/task.ts";

/**
 * Requests in the roles beside solving, on problems held out for the anchor: a right solution to check, a wrong one, two
 * to choose from, one to explain. `count` of each; the same seed gives the same requests.
 */
export const roleCases = (reader: RoleReader, count: number, seed: number): RoleCase[] => {
  const random = seededRandom(seed);
  const makers = [soundCheck, faultyCheck, choice, explanation];
  return makers.flatMap((make) => Array.from({ length: count }, () => make(reader, random)));
};

type Make = (reader: RoleReader, random: Random) => RoleCase;

const heldOut = (random: Random) =>
  drawProblem(random.pick(["chain", "tens", "back"]), random.integer(3, 5), "anchor", random);

const stepwise = (problem: Problem) => offer(problem, { style: "steps" });

const soundCheck: Make = (reader, random) => {
  const problem = heldOut(random);
  const solution = stepwise(problem).text;
  return {
    role: "verifier",
    figure: "right solutions accepted",
    variables: { question: normalText(problem), solution },
    isGood: (reply) => reader.verdict(reply) === "accept",
  };
};

const faultyCheck: Make = (reader, random) => {
  const problem = heldOut(random);
  const question = normalText(problem);
  const draw = (): string => {
    const { text } = drawFaulty(problem, random.pick(FAULTS), random);
    return isSound(question, text) ? draw() : text;
  };
  return {
    role: "verifier",
    figure: "wrong solutions not accepted",
    variables: { question, solution: draw() },
    isGood: (reply) => reader.verdict(reply) !== "accept",
  };
};

const choice: Make = (reader, random) => {
  const problem = heldOut(random);
  const better = stepwise(problem).text;
  const worse = offer(problem, { style: "leaps" }).text;
  const isFirst = random.uniform() < 0.5;
  return {
    role: "voter",
    figure: "complete steps preferred",
    variables: {
      question: normalText(problem),
      first: isFirst ? better : worse,
      second: isFirst ? worse : better,
    },
    isGood: (reply) => reader.ballot(reply) === (isFirst ? "first" : "second"),
  };
};

const explanation: Make = (reader, random) => {
  const problem = heldOut(random);
  const solution = stepwise(problem);
  const lastStep = solution.items.at(-1) ?? "";
  return {
    role: "explainer",
    figure: "explanations that hold",
    variables: { question: normalText(problem), solution: solution.text, remarks: "" },
    isGood: (reply) => reader.explanation(reply) === `by steps ${lastStep}`,
  };
};
