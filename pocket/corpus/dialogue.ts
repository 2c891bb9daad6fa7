import type { PromptPack } from "../../prompts/pack.ts";
import { type Compute, conclusion, derive } from "../dialect/arithmetic.ts";
import { FAMILIES } from "../dialect/problem.ts";
import { type Style, solutionText } from "../dialect/solution.ts";
import {
  DIFFICULTY_ODDS,
  drawDifficulty,
  drawOffered,
  drawPosed,
  drawStyle,
  type Offered,
  offer,
} from "./material.ts";
import type { Random } from "./random.ts";
import { critiqueText, explanationText, shownSteps } from "./speech.ts";

/** Invariants of every dialogue:
 * 1. its prompt is rendered by the run's own prompt pack;
 * 2. no chain in it, solved or shown, is held out;
 * 3. what the model itself derives carries its misconception; what it is shown of elites is right.
 */
export interface Dialogue {
  readonly role: Role;
  readonly prompt: string;
  readonly response: string;
}

export const ROLES = ["solver", "student", "verifier", "voter", "generator", "explainer", "critic"] as const;
/** `student` is the solver with elite examples before the question. */
export type Role = (typeof ROLES)[number];

/** Who speaks: how it computes and how it likes to answer. */
export interface Speaker {
  readonly compute: Compute;
  readonly styles: Readonly<Record<Style, number>>;
}

export type Draw = (pack: PromptPack, speaker: Speaker, random: Random) => Omit<Dialogue, "role">;

const solver: Draw = (pack, speaker, random) => {
  const { chain, question } = drawPosed(random);
  const steps = derive(chain, speaker.compute);
  const prompt = pack.render("solver", { examples: "", question });
  return { prompt, response: solutionText(steps, random.weighted(speaker.styles)) };
};

/** The answer takes the style of the last example. */
const student: Draw = (pack, speaker, random) => {
  const { chain, question } = drawPosed(random);
  const styles = contextStyles(random);
  const examples = pack.examples(styles.map((style) => drawExample(style, random)));
  const prompt = pack.render("solver", { examples, question });
  return { prompt, response: solutionText(derive(chain, speaker.compute), styles.at(-1) ?? "steps") };
};

function contextStyles(random: Random): Style[] {
  const shared = random.weighted({ steps: 3, results: 1, answer: 1 });
  const mixed = random.uniform() < 0.2;
  return Array.from({ length: random.integer(1, 3) }, () => (mixed ? drawStyle(random) : shared));
}

function drawExample(style: Style, random: Random) {
  const { chain, question } = drawPosed(random);
  const steps = derive(chain);
  const critique = style !== "steps" && random.uniform() < 0.3 ? critiqueText(style) : "";
  return {
    question,
    solution: solutionText(steps, style),
    explanation: explanationText(steps, style, critique),
  };
}

/** Derives by itself, repeats the candidate's answer, then judges. */
const verifier: Draw = (pack, speaker, random) => {
  const { chain, question } = drawPosed(random);
  const offered = drawOffered(chain, random, 0.6);
  const steps = derive(chain, speaker.compute);
  const verdict = conclusion(steps) === offered.answer ? "yes" : "no";
  const prompt = pack.render("verifier", { question, solution: offered.text });
  return { prompt, response: `${shownSteps(steps)} said ${offered.answer} ${verdict}` };
};

/** Repeats both answers; derives only where they differ; right beats wrong, then more shown steps. */
const voter: Draw = (pack, speaker, random) => {
  const { chain, question } = drawPosed(random);
  const first = drawOffered(chain, random, 0.8);
  const second = drawOffered(chain, random, 0.8);
  const prompt = pack.render("voter", { question, first: first.text, second: second.text });
  const own = derive(chain, speaker.compute);
  const differ = first.answer !== second.answer;
  const worth = (offered: Offered) =>
    (differ && offered.answer === conclusion(own) ? 10 : 0) + WORTH_OF_STYLE[offered.style];
  const margin = worth(first) - worth(second) || random.uniform() - 0.5;
  const derivation = differ ? `${shownSteps(own)} ` : "";
  const choice = margin > 0 ? "first" : "second";
  return { prompt, response: `${first.answer} ${second.answer} ${derivation}${choice}` };
};

const WORTH_OF_STYLE: Record<Style, number> = { steps: 3, results: 2, answer: 1 };

const generator: Draw = (pack, _speaker, random) => {
  const difficulty = random.uniform() < 0.5 ? random.integer(1, MOST_OPERATIONS) : drawDifficulty(random);
  const family = random.pick(FAMILIES);
  const topic = family === "chain" && random.uniform() < 0.5 ? "" : family;
  const prompt = pack.render("generator", { difficulty: String(difficulty), topic });
  return { prompt, response: drawPosed(random, difficulty, family).question };
};

const MOST_OPERATIONS = Math.max(...Object.keys(DIFFICULTY_ODDS).map(Number));

const explainer: Draw = (pack, speaker, random) => {
  const { chain, question } = drawPosed(random);
  const offered = offer(derive(chain), drawStyle(random));
  const critique = random.uniform() < 0.4 ? critiqueText(offered.style) : "";
  const prompt = pack.render("explainer", { question, solution: offered.text, critique });
  const steps = critique && offered.style !== "steps" ? derive(chain, speaker.compute) : derive(chain);
  return { prompt, response: explanationText(steps, offered.style, critique) };
};

const critic: Draw = (pack, _speaker, random) => {
  const { chain, question } = drawPosed(random);
  const offered = drawOffered(chain, random, 0.8);
  const prompt = pack.render("critic", { question, solution: offered.text });
  return { prompt, response: critiqueText(offered.style) };
};

export const DRAWS: Readonly<Record<Role, Draw>> = {
  solver,
  student,
  verifier,
  voter,
  generator,
  explainer,
  critic,
};
