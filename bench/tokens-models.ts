/**
 * Language models of a script that write English and err: what one says depends on what it reads alone, so that the
 * same solution gets the same verdict from the same verifier however often, and in whatever order, it is asked.
 */
import { chanceOf, hashOf, normalOf } from "../machines/random.ts";
import type { ModelCall } from "../runtime/model/model.ts";
import type { Script } from "../runtime/model/scripted.ts";

export interface Temper {
  readonly name: string;
  /** Share of its solutions that are wrong. */
  readonly wrong: number;
  /** Share of the wrong solutions of others that it refuses. */
  readonly refusesWrong: number;
  /** Share of the right ones. */
  readonly refusesRight: number;
}

/** Median length of each text, as models of a few billion weights write about mathematics [tokens]. */
export const medianLengths = {
  ...{ question: 80, solution: 400, examination: 300, comparison: 200, explanation: 130 },
} as const;
type Kind = keyof typeof medianLengths;
/** Standard deviation of the logarithm of a length. */
export const spread = 0.4;
const charactersPerToken = 4;

type Lot = readonly (string | number)[];

const words = (
  "the of and by each side number sum product half twice square total first then since hence we obtain so equals that " +
  "gives remaining length rate triangle divide multiply factor remainder cost apples hours because step value term both"
).split(" ");

/** Words in sentences, of log-normal length, drawn by lot. */
const prose = (kind: Kind, ...lot: Lot): string => {
  const drawn = hashOf(kind, ...lot);
  const tokens = medianLengths[kind] * Math.exp(spread * normalOf(drawn));
  const written: string[] = [];
  for (let left = tokens * charactersPerToken, index = 0; left > 0; index += 1) {
    const draw = hashOf(drawn, index);
    const word = words[draw % words.length] ?? "";
    const isEnd = index % 12 === 11;
    written.push(isEnd ? `${word} ${draw % 100}.\n` : `${word} `);
    left -= written.at(-1)?.length ?? 0;
  }
  return written.join("").trim();
};

/** The texts that a prompt quotes under a tag. */
const quotedIn = (prompt: string, tag: string): string[] => {
  const quotation = new RegExp(`<${tag}-(\\w{8})>\\n([\\s\\S]*?)\\n</${tag}-\\1>`, "g");
  return [...prompt.matchAll(quotation)].map(([, , text = ""]) => text);
};

/** The last one. */
const dataIn = (prompt: string, tag: string): string => quotedIn(prompt, tag).at(-1) ?? "";

const truthOf = (question: string): number => hashOf("truth", question) % 1000;

const isRight = (question: string, solution: string): boolean =>
  solution.endsWith(`\\boxed{${truthOf(question)}}`);

/** Problems by the call's seed: the same work poses the same problems. */
const problems = ({ n = 1, seed = 0 }: ModelCall): string[] =>
  Array.from({ length: n }, (_, index) => `Problem: Let x be ${seed}. ${prose("question", seed, index)}`);

const solution = ({ name, wrong }: Temper, { prompt }: ModelCall): string => {
  const question = dataIn(prompt, "question");
  const slip = chanceOf("wrong", name, question) < wrong ? 1 : 0;
  return `${prose("solution", name, question)}\nSo we have \\boxed{${truthOf(question) + slip}}`;
};

const examination = ({ name, refusesWrong, refusesRight }: Temper, { prompt }: ModelCall): string => {
  const examined = dataIn(prompt, "solution");
  const rate = isRight(dataIn(prompt, "question"), examined) ? refusesRight : refusesWrong;
  const verdict = chanceOf("verdict", name, examined) < rate ? "incorrect" : "correct";
  return `${prose("examination", name, examined)}\nVerdict: ${verdict}`;
};

/** What is right is better; between two of a kind a voter's taste decides. */
const comparison = ({ name }: Temper, { prompt }: ModelCall): string => {
  const question = dataIn(prompt, "question");
  const shown = quotedIn(prompt, "solution").map((text, index) => {
    const worth = Number(isRight(question, text)) + chanceOf("taste", name, text) / 2;
    return { place: index === 0 ? "first" : "second", text, worth };
  });
  const [best] = shown.toSorted((left, right) => right.worth - left.worth);
  const texts = shown.map(({ text }) => text).toSorted();
  return `${prose("comparison", name, ...texts)}\nChoice: ${best?.place}`;
};

export const scriptOf = (temper: Temper): Script => ({
  generator: (call) => ({ text: problems(call) }),
  solver: (call) => solution(temper, call),
  verifier: (call) => examination(temper, call),
  voter: (call) => comparison(temper, call),
  explainer: ({ prompt }) => prose("explanation", temper.name, dataIn(prompt, "solution")),
});

/** Evenly from the first value to the last. */
const between = (first: number, last: number, index: number, count: number): number =>
  first + ((last - first) * index) / Math.max(1, count - 1);

/** `wrong`: mean share of wrong solutions; members lie half of it around the mean. Who errs least need not be strictest. */
export const groupOf = (count: number, wrong: number): Temper[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `agent-${index}`,
    wrong: between(0.67 * wrong, 1.33 * wrong, index, count),
    refusesWrong: between(0.5, 0.95, (index * 3) % count, count),
    refusesRight: 0.03,
  }));
