import { drawChain, drawFaulty, FAULTS, offer } from "../../pocket/corpus/material.ts";
import { type Random, seededRandom } from "../../pocket/corpus/random.ts";
import { chainText, derive } from "../../pocket/dialect/arithmetic.ts";
import { isSound } from "../../pocket/dialect/soundness.ts";
import type { RoleCase, RoleReader } from "../../runtime/task.ts";

/**
 * Requests in the roles beside solving, on chains held out for the anchor: a right solution to check, a wrong one, two
 * to choose from, one to explain. `count` of each; the same seed gives the same requests.
 */
export const roleCases = (reader: RoleReader, count: number, seed: number): RoleCase[] => {
  const random = seededRandom(seed);
  const makers = [soundCheck, faultyCheck, choice, explanation];
  return makers.flatMap((make) => Array.from({ length: count }, () => make(reader, random)));
};

type Make = (reader: RoleReader, random: Random) => RoleCase;

const heldOut = (random: Random) => drawChain(random.integer(2, 5), "anchor", random);

const soundCheck: Make = (reader, random) => {
  const chain = heldOut(random);
  const solution = offer(derive(chain), "steps").text;
  return {
    role: "verifier",
    figure: "right solutions accepted",
    variables: { question: chainText(chain), solution },
    isGood: (reply) => reader.verdict(reply) === "accept",
  };
};

const faultyCheck: Make = (reader, random) => {
  const chain = heldOut(random);
  const question = chainText(chain);
  const draw = (): string => {
    const { text } = drawFaulty(chain, random.pick(FAULTS), random);
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
  const chain = heldOut(random);
  const steps = derive(chain);
  const [better, worse] = [offer(steps, "steps").text, offer(steps, "leaps").text];
  const isFirst = random.uniform() < 0.5;
  return {
    role: "voter",
    figure: "complete steps preferred",
    variables: {
      question: chainText(chain),
      first: isFirst ? better : worse,
      second: isFirst ? worse : better,
    },
    isGood: (reply) => reader.ballot(reply) === (isFirst ? "first" : "second"),
  };
};

const explanation: Make = (reader, random) => {
  const chain = heldOut(random);
  const solution = offer(derive(chain), "steps");
  const lastStep = solution.items.at(-1) ?? "";
  return {
    role: "explainer",
    figure: "explanations that hold",
    variables: { question: chainText(chain), solution: solution.text, remarks: "" },
    isGood: (reply) => reader.explanation(reply) === `by steps ${lastStep}`,
  };
};
