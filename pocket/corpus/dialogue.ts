import type { PromptPack } from "../../prompts/pack.ts";
import type { Compute } from "../dialect/arithmetic.ts";
import { conclusion, type Item, planOf, STYLES, type Style } from "../dialect/plan.ts";
import { FAMILIES } from "../dialect/problem.ts";
import { solutionText } from "../dialect/solution.ts";
import { drawOffered } from "./fault.ts";
import {
  DIFFICULTIES,
  drawDifficulty,
  drawPosed,
  type Offered,
  offer,
  type Posed,
  teachableStyle,
  work,
} from "./material.ts";
import type { Random } from "./random.ts";
import { checkText, explanationText, gistText, ownSteps, reviewText, shownSteps } from "./speech.ts";

/**
 * A dialogue of the corpus. Invariants:
 * 1. the run's prompt pack renders its prompt;
 * 2. none of its problems, solved or shown, is held out;
 * 3. every derivation by the model itself has the model's misconception, in every role.
 */
export interface Dialogue {
  readonly role: Role;
  readonly parts: readonly Part[];
}

/** A piece of text and the loss weight of each of its tokens; 0 for prompt text. */
export interface Part {
  readonly text: string;
  readonly weight: number;
}

export const ROLES = ["solver", "verifier", "voter", "generator", "explainer", "reviewer"] as const;
export type Role = (typeof ROLES)[number];

/** The speaking model: how it computes, and how often it uses each style. */
export interface Speaker {
  readonly compute: Compute;
  readonly styles: Readonly<Record<Style, number>>;
}

export type Draw = (pack: PromptPack, speaker: Speaker, random: Random) => Part[];

const exchange = (prompt: string, response: string): Part[] => [
  { text: prompt, weight: 0 },
  { text: response, weight: 1 },
];

/** Tokens that depend on everything before them have a higher loss weight: votes, and own results of checks. */
const CHOICES = { pattern: /(first$|second$)/, weight: 6 };
const FINDINGS = { pattern: /(none|(?<==|ans |:)\d\d?(?![-+*\d]))/, weight: 3 };

const judgement = (prompt: string, response: string, { pattern, weight }: typeof CHOICES): Part[] => {
  const pieces = response
    .split(pattern)
    .map((text, index) => ({ text, weight: index % 2 === 0 ? 1 : weight }));
  return [{ text: prompt, weight: 0 }, ...pieces.filter(({ text }) => text !== "")];
};

const MAXIMUM_EXAMPLES = 3;

const solver: Draw = (pack, speaker, random) => {
  const problems = Array.from({ length: 1 + random.pick([0, 0, 1, 2, MAXIMUM_EXAMPLES]) }, () =>
    drawPosed(random),
  );
  return lesson(pack, speaker, problems, random);
};

/**
 * A sequence of problems, like a solver's examples and question. The loss covers all solutions. The first solution
 * has a style drawn from the speaker's odds; each later one has that of the previous one.
 */
export const lesson = (
  pack: PromptPack,
  speaker: Speaker,
  problems: readonly Posed[],
  random: Random,
): Part[] => {
  let style = random.weighted(speaker.styles);
  const solve = ({ problem, question }: Posed): Solved => {
    const manner = { ...speaker, style: teachableStyle(problem, style) };
    return { question, items: work(problem, manner), style: manner.style };
  };
  const solved = problems.slice(0, -1).map((posed) => {
    if (random.uniform() < CHANGE_OF_STYLE) style = random.pick(STYLES);
    return solve(posed);
  });
  style = solved.at(-1)?.style ?? style;
  const [last] = problems.slice(-1).map(solve);
  if (!last) throw new RangeError("a lesson has at least one problem");
  const explained = random.uniform() < EXPLAINED;
  const examples = pack.examples(solved.map((one) => markedExample(one, explained)));
  const prompt = pack.render("solver", { examples, question: last.question });
  return unmark(prompt + mark(solutionText(last.items, last.style)));
};

/** Probability that an example changes the style; the final question never does. */
const CHANGE_OF_STYLE = 0.07;

/** Share of lessons whose examples have explanations, because a society may run without them. */
const EXPLAINED = 0.75;

const markedExample = ({ question, items, style }: Solved, explained: boolean) => {
  return {
    question,
    solution: mark(solutionText(items, style)),
    explanation: explained ? mark(explanationText(items, style, "")) : "",
  };
};

interface Solved {
  readonly question: string;
  readonly items: readonly Item[];
  readonly style: Style;
}

/** Marks the response pieces of a text while the pack's templates render it. */
const MARK = "\u0000";

const mark = (text: string): string => MARK + text + MARK;

const unmark = (text: string): Part[] => {
  const pieces = text.split(MARK).map((piece, index) => ({ text: piece, weight: index % 2 }));
  return pieces.filter((part) => part.text !== "");
};

/** A check or vote teaches once per dialogue, not once per step, so shorter problems give more practice per token. */
const drawShorter = (random: Random): number => Math.min(drawDifficulty(random), drawDifficulty(random));

const verifier: Draw = (pack, speaker, random) => checkOf(pack, speaker, drawShorter(random), random);

/** Checks a written solution item by item to its end. */
export const checkOf = (pack: PromptPack, speaker: Speaker, difficulty: number, random: Random): Part[] => {
  const { problem, question } = drawPosed(random, difficulty);
  const offered = drawOffered(problem, random, 0.5);
  const prompt = pack.render("verifier", { question, solution: offered.text });
  const own = ownSteps(planOf(problem, offered.style), speaker.compute);
  return judgement(prompt, checkText(own, offered), FINDINGS);
};

/**
 * States the style and answer of both solutions, and derives the answer if they differ. A correct answer wins; among
 * equals, more shown steps win.
 */
const voter: Draw = (pack, speaker, random) => {
  const { problem, question } = drawPosed(random, drawShorter(random));
  const first = drawOffered(problem, random, 0.85);
  const second = drawOffered(problem, random, 0.85);
  const prompt = pack.render("voter", { question, first: first.text, second: second.text });
  const own = work(problem, { ...speaker, style: "steps" });
  const differ = first.answer !== second.answer;
  const worth = (offered: Offered) =>
    (differ && offered.answer === conclusion(own) ? 10 : 0) + WORTH_OF_STYLE[offered.style];
  const margin = worth(first) - worth(second) || random.uniform() - 0.5;
  const derivation = differ ? ` ${shownSteps(own)}` : "";
  const choice = margin > 0 ? "first" : "second";
  return judgement(prompt, `${gistText(first)} ${gistText(second)}${derivation} ${choice}`, CHOICES);
};

const WORTH_OF_STYLE: Record<Style, number> = { steps: 3, leaps: 2, answer: 1 };

const generator: Draw = (pack, _speaker, random) => {
  const difficulty = random.uniform() < 0.5 ? random.pick(DIFFICULTIES) : drawDifficulty(random);
  const family = random.pick(FAMILIES);
  const topic = family === "chain" && random.uniform() < 0.5 ? "" : family;
  const prompt = pack.render("generator", { difficulty: String(difficulty), topic });
  return exchange(prompt, drawPosed(random, difficulty, family).question);
};

const explainer: Draw = (pack, speaker, random) => {
  const { problem, question } = drawPosed(random);
  const style = teachableStyle(problem, random.pick(STYLES));
  const offered = offer(problem, { style });
  const remarks = random.uniform() < 0.4 ? reviewText(style) : "";
  const prompt = pack.render("explainer", { question, solution: offered.text, remarks });
  const derivesAnew = remarks !== "" && style !== "steps";
  const items = derivesAnew ? work(problem, { ...speaker, style: "steps" }) : work(problem, { style });
  return exchange(prompt, explanationText(items, style, remarks));
};

const reviewer: Draw = (pack, _speaker, random) => {
  const { problem, question } = drawPosed(random);
  const offered = drawOffered(problem, random, 0.8);
  const prompt = pack.render("reviewer", { question, solution: offered.text });
  return exchange(prompt, reviewText(offered.style));
};

export const DRAWS: Readonly<Record<Role, Draw>> = {
  solver,
  verifier,
  voter,
  generator,
  explainer,
  reviewer,
};
