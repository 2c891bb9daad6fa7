import type { FewShotExample, PromptName, PromptPack } from "../../prompts/pack.ts";
import { anchorSet, type Benchmark, type BenchmarkProblem, benchmark, grade } from "../benchmarks.ts";
import {
  drawChain,
  drawFaulty,
  drawOffered,
  FAULTS,
  type Fault,
  type Offered,
  offer,
} from "../corpus/material.ts";
import { MISCONCEPTIONS, type MisconceptionName } from "../corpus/misconception.ts";
import { type Random, seededRandom } from "../corpus/random.ts";
import { explanationText, reviewText } from "../corpus/speech.ts";
import { type Chain, chainText, conclusion, derive, type Fact } from "../dialect/arithmetic.ts";
import { purposeOf } from "../dialect/heldout.ts";
import { FAMILIES, parseProblem } from "../dialect/problem.ts";
import { STYLES, type Style, solutionText } from "../dialect/solution.ts";

/** One prompt to sample and the figures it contributes to. */
export interface Case {
  readonly prompt: PromptName;
  readonly text: string;
  readonly temperature: number;
  /** Scores one text: each true or false contributes to the mean of the figure with that name. */
  score(text: string): Readonly<Record<string, boolean>>;
}

const TEMPERATURE = 0.6;

/** All cases for a model card. All chains are held out. */
export const evaluationCases = (pack: PromptPack): Case[] => {
  const random = seededRandom(7);
  return [
    ...benchmarkCases(pack, "in-domain", 400, TEMPERATURE, "in-domain"),
    ...benchmarkCases(pack, "in-domain", 400, 0, "in-domain greedy"),
    ...benchmarkCases(pack, "words", 200, TEMPERATURE, "words"),
    ...benchmarkCases(pack, "long", 200, TEMPERATURE, "long"),
    ...benchmarkCases(pack, "hard", 200, TEMPERATURE, "hard"),
    ...benchmarkCases(pack, "unseen-lengths", 200, TEMPERATURE, "unseen lengths"),
    ...benchmarkCases(pack, "unseen-family", 200, TEMPERATURE, "unseen family"),
    ...STYLES.flatMap((style) => studentCases(pack, style, random)),
    ...repeat(300, () => verifierCase(pack, random)),
    ...FAULTS.flatMap((fault) => repeat(80, () => faultCase(pack, fault, random))),
    ...repeat(300, () => voterCase(pack, random)),
    ...repeat(180, (index) => generatorCase(pack, index)),
    ...repeat(100, () => explainerCase(pack, random)),
    ...repeat(60, () => reviewerCase(pack, random)),
  ];
};

const repeat = (count: number, make: (index: number) => Case): Case[] =>
  Array.from({ length: count }, (_, index) => make(index));

const benchmarkCases = (
  pack: PromptPack,
  name: Benchmark,
  count: number,
  temperature: number,
  figure: string,
): Case[] =>
  benchmark(name, count, 1).map((problem) => ({
    prompt: "solver",
    text: pack.render("solver", { examples: "", question: problem.question }),
    temperature,
    score: (text) => ({
      ...scoreSolution(pack, problem, text, figure),
      ...scoreSteps(problem, text, figure),
    }),
  }));

const scoreSolution = (pack: PromptPack, problem: BenchmarkProblem, text: string, figure: string) => {
  const right = grade(problem, pack.answer(text));
  const style = styleOf(text);
  return {
    [`${figure}: right`]: right,
    [`${figure}: parsed`]: pack.answer(text) !== undefined,
    ...(figure === "in-domain" ? { [`in-domain, ${style} style: right`]: right } : {}),
    ...Object.fromEntries(STYLES.map((one) => [`${figure}: style ${one}`, one === style])),
  };
};

const styleOf = (text: string): Style => {
  if (!text.includes("=")) return "answer";
  return /\d[-+*]\d[-+*]\d=/.test(text) ? "leaps" : "steps";
};

/** Scores every shown step: does it continue correctly, and is its result correct, by class of fact. */
const scoreSteps = (problem: BenchmarkProblem, text: string, figure: string): Record<string, boolean> => {
  const chain = parseProblem(problem.question)?.chain;
  if (!chain || figure !== "in-domain" || styleOf(text) !== "steps") return {};
  const steps = derive(chain);
  const shown = [...text.matchAll(/(\d)([-+*])(\d)=(\d)/g)];
  const scores: Record<string, boolean> = {};
  for (const [index, step] of steps.entries()) {
    const [, left, operator, right, result] = shown[index] ?? [];
    const followed = operator === step.operator && Number(right) === step.right;
    scores[`step ${index + 1}: operation taken up`] = followed;
    if (!followed || Number(left) !== step.left) break;
    scores[`class ${classOf(step)}: right#${index}`] = Number(result) === step.result;
    if (Number(result) !== step.result) break;
  }
  return scores;
};

const classOf = (fact: Fact): MisconceptionName => {
  const names = Object.keys(MISCONCEPTIONS) as MisconceptionName[];
  return names.find((name) => MISCONCEPTIONS[name].applies(fact)) ?? "smallProducts";
};

/** Three elite examples in one style: does the model follow the style, and is its answer correct. */
const studentCases = (pack: PromptPack, style: Style, random: Random): Case[] => {
  const count = style === "steps" ? 300 : 100;
  return anchorSet(count, 2).map((problem) => ({
    prompt: "solver",
    text: pack.render("solver", {
      examples: pack.examples([0, 1, 2].map(() => example(style, random))),
      question: problem.question,
    }),
    temperature: TEMPERATURE,
    score: (text) => ({
      [`elite examples, ${style}: right`]: grade(problem, pack.answer(text)),
      [`elite examples, ${style}: style followed`]: styleOf(text) === style,
    }),
  }));
};

const example = (style: Style, random: Random): FewShotExample => {
  const chain = heldOutChain(random);
  const steps = derive(chain);
  return {
    question: chainText(chain),
    solution: solutionText(steps, style),
    explanation: explanationText(steps, style, ""),
  };
};

const heldOutChain = (random: Random): Chain => drawChain(random.integer(2, 5), "anchor", random);

/** A correct, complete solution in steps or leaps. */
const verifierCase = (pack: PromptPack, random: Random): Case => {
  const chain = heldOutChain(random);
  const style = random.pick(["steps", "leaps"] as const);
  return checkCase(pack, chain, offer(derive(chain), style), `right ${style} accepted`);
};

const faultCase = (pack: PromptPack, fault: Fault, random: Random): Case => {
  const chain = heldOutChain(random);
  return checkCase(pack, chain, drawFaulty(chain, fault, random), `${fault} accepted`);
};

const checkCase = (pack: PromptPack, chain: Chain, offered: Offered, figure: string): Case => ({
  prompt: "verifier",
  text: pack.render("verifier", { question: chainText(chain), solution: offered.text }),
  temperature: TEMPERATURE,
  score: (text) => ({
    "verifier: parsed": pack.verdict(text) !== undefined,
    [`verifier: ${figure}`]: pack.verdict(text) === "accept",
  }),
});

const voterCase = (pack: PromptPack, random: Random): Case => {
  const chain = heldOutChain(random);
  const steps = derive(chain);
  const better: Offered = offer(steps, "steps");
  const wrong = random.uniform() < 0.5;
  const worse = wrong ? drawWrong(chain, random) : offer(steps, random.pick(["leaps", "answer"] as const));
  const swapped = random.uniform() < 0.5;
  const [first, second] = swapped ? [worse, better] : [better, worse];
  const figure = wrong ? "right beats wrong" : "steps beat fewer steps";
  return {
    prompt: "voter",
    text: pack.render("voter", { question: chainText(chain), first: first.text, second: second.text }),
    temperature: TEMPERATURE,
    score: (text) => ({
      "voter: parsed": pack.ballot(text) !== undefined,
      [`voter: ${figure}`]: pack.ballot(text) === (swapped ? "second" : "first"),
    }),
  };
};

const drawWrong = (chain: Chain, random: Random): Offered => {
  const answer = conclusion(derive(chain));
  for (;;) {
    const offered = drawOffered(chain, random, 0);
    if (offered.answer !== answer) return offered;
  }
};

const generatorCase = (pack: PromptPack, index: number): Case => {
  const difficulty = 1 + (index % 9);
  const family = FAMILIES[index % 2] ?? "chain";
  return {
    prompt: "generator",
    text: pack.render("generator", { difficulty: String(difficulty), topic: family }),
    temperature: pack.settings.generator.temperature ?? 1,
    score: (text) => {
      const problem = parseProblem(pack.question(text) ?? "");
      return {
        "generator: well-formed": problem !== undefined,
        "generator: of the family asked for": problem?.family === family,
        "generator: of the difficulty asked for": problem?.chain.operations.length === difficulty,
        "generator: held-out chain": problem !== undefined && purposeOf(problem.chain) !== "corpus",
      };
    },
  };
};

const explainerCase = (pack: PromptPack, random: Random): Case => {
  const chain = heldOutChain(random);
  const style = random.pick(STYLES);
  const steps = derive(chain);
  return {
    prompt: "explainer",
    text: pack.render("explainer", {
      question: chainText(chain),
      solution: solutionText(steps, style),
      remarks: "",
    }),
    temperature: TEMPERATURE,
    score: (text) => ({ "explainer: as taught": text === explanationText(steps, style, "") }),
  };
};

const reviewerCase = (pack: PromptPack, random: Random): Case => {
  const chain = heldOutChain(random);
  const style = random.pick(STYLES);
  return {
    prompt: "reviewer",
    text: pack.render("reviewer", {
      question: chainText(chain),
      solution: solutionText(derive(chain), style),
    }),
    temperature: TEMPERATURE,
    score: (text) => ({ "reviewer: as taught": text === reviewText(style) }),
  };
};
