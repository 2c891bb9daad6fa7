import type { FewShotExample, PromptName, PromptPack } from "../../prompts/pack.ts";
import { anchorSet, type Benchmark, type BenchmarkProblem, benchmark, grade } from "../benchmarks.ts";
import { drawFaulty, drawOffered, FAULTS, type Fault } from "../corpus/fault.ts";
import { drawProblem, type Offered, offer, work } from "../corpus/material.ts";
import { MISCONCEPTIONS, type MisconceptionName, misconceptionsOf } from "../corpus/misconception.ts";
import { type Random, seededRandom } from "../corpus/random.ts";
import { explanationText, reviewText } from "../corpus/speech.ts";
import { exact, type Fact, type Operator } from "../dialect/arithmetic.ts";
import { normalText, purposeOf } from "../dialect/heldout.ts";
import { STYLES, type Style } from "../dialect/plan.ts";
import { FAMILIES, type Problem, parseProblem } from "../dialect/problem.ts";
import { solutionText } from "../dialect/solution.ts";

/** One prompt to sample and the figures it contributes to. */
export interface Case {
  readonly prompt: PromptName;
  readonly text: string;
  readonly temperature: number;
  /** Scores one text: each true or false contributes to the mean of the figure with that name. */
  score(text: string): Readonly<Record<string, boolean>>;
}

const TEMPERATURE = 0.6;

/** All cases for a model card. All problems are held out. */
export const evaluationCases = (pack: PromptPack): Case[] => {
  const random = seededRandom(7);
  return [
    ...benchmarkCases(pack, "in-domain", 400, TEMPERATURE, "in-domain"),
    ...benchmarkCases(pack, "in-domain", 400, 0, "in-domain greedy"),
    ...benchmarkCases(pack, "chains", 200, TEMPERATURE, "chains"),
    ...benchmarkCases(pack, "tens", 300, TEMPERATURE, "tens"),
    ...benchmarkCases(pack, "back", 200, TEMPERATURE, "back"),
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
      ...scoreSteps(text, figure),
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
  return /[-+*]\d[-+*]\d=/.test(text) ? "leaps" : "steps";
};

/** Scores every shown result by the class of its fact; results after a wrong one count as well. */
const scoreSteps = (text: string, figure: string): Record<string, boolean> => {
  if (figure !== "in-domain") return {};
  const scores: Record<string, boolean> = {};
  for (const [index, match] of [...text.matchAll(/(?<!\S)(\d\d?)([-+*])(\d)=(\d\d?)/g)].entries()) {
    const [, left = "", operator, right, result] = match;
    const modulus = left.length === 2 ? 100 : 10;
    const fact = {
      modulus,
      left: Number(left),
      operator: operator as Operator,
      right: Number(right),
    } as const;
    scores[`class ${classOf(fact)}: right#${index}`] = Number(result) === exact(fact);
  }
  return scores;
};

const classOf = (fact: Fact): MisconceptionName | string =>
  misconceptionsOf(fact.modulus).find((name) => MISCONCEPTIONS[name].applies(fact)) ??
  `other ${fact.modulus === 100 ? "two-digit " : ""}facts`;

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
  const problem = heldOut(random);
  const items = work(problem, { style });
  return {
    question: normalText(problem),
    solution: solutionText(items, style),
    explanation: explanationText(items, style, ""),
  };
};

const heldOut = (random: Random): Problem =>
  drawProblem(random.pick(["chain", "tens", "back"]), random.integer(3, 5), "anchor", random);

/** A correct, complete solution in steps or leaps. */
const verifierCase = (pack: PromptPack, random: Random): Case => {
  const problem = heldOut(random);
  const style = random.pick(["steps", "leaps"] as const);
  const offered = offer(problem, { style });
  return checkCase(pack, problem, offered, `right ${problem.family} ${style} accepted`);
};

const faultCase = (pack: PromptPack, fault: Fault, random: Random): Case => {
  const problem = heldOut(random);
  return checkCase(pack, problem, drawFaulty(problem, fault, random), `${fault} accepted`);
};

const checkCase = (pack: PromptPack, problem: Problem, offered: Offered, figure: string): Case => ({
  prompt: "verifier",
  text: pack.render("verifier", { question: normalText(problem), solution: offered.text }),
  temperature: TEMPERATURE,
  score: (text) => ({
    "verifier: parsed": pack.verdict(text) !== undefined,
    [`verifier: ${figure}`]: pack.verdict(text) === "accept",
  }),
});

const voterCase = (pack: PromptPack, random: Random): Case => {
  const problem = heldOut(random);
  const better = offer(problem, { style: "steps" });
  const wrong = random.uniform() < 0.5;
  const worse = wrong
    ? drawWrong(problem, better.answer, random)
    : offer(problem, { style: random.pick(["leaps", "answer"] as const) });
  const swapped = random.uniform() < 0.5;
  const [first, second] = swapped ? [worse, better] : [better, worse];
  const figure = wrong ? "right beats wrong" : "steps beat fewer steps";
  return {
    prompt: "voter",
    text: pack.render("voter", { question: normalText(problem), first: first.text, second: second.text }),
    temperature: TEMPERATURE,
    score: (text) => ({
      "voter: parsed": pack.ballot(text) !== undefined,
      [`voter: ${figure}`]: pack.ballot(text) === (swapped ? "second" : "first"),
    }),
  };
};

const drawWrong = (problem: Problem, answer: number, random: Random): Offered => {
  for (;;) {
    const offered = drawOffered(problem, random, 0);
    if (offered.answer !== answer) return offered;
  }
};

const generatorCase = (pack: PromptPack, index: number): Case => {
  const difficulty = 1 + (index % 9);
  const family = FAMILIES[index % FAMILIES.length] ?? "chain";
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
        "generator: held-out problem": problem !== undefined && purposeOf(problem) !== "corpus",
      };
    },
  };
};

const explainerCase = (pack: PromptPack, random: Random): Case => {
  const problem = heldOut(random);
  const style = random.pick(STYLES);
  const items = work(problem, { style });
  return {
    prompt: "explainer",
    text: pack.render("explainer", {
      question: normalText(problem),
      solution: solutionText(items, style),
      remarks: "",
    }),
    temperature: TEMPERATURE,
    score: (text) => ({ "explainer: as taught": text === explanationText(items, style, "") }),
  };
};

const reviewerCase = (pack: PromptPack, random: Random): Case => {
  const problem = heldOut(random);
  const style = random.pick(STYLES);
  return {
    prompt: "reviewer",
    text: pack.render("reviewer", {
      question: normalText(problem),
      solution: offer(problem, { style }).text,
    }),
    temperature: TEMPERATURE,
    score: (text) => ({ "reviewer: as taught": text === reviewText(style) }),
  };
};
