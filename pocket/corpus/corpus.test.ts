import { describe, expect, test } from "vitest";
import { loadPack } from "../../prompts/pack.ts";
import { exact, type Fact, type Operator } from "../dialect/arithmetic.ts";
import { parseProblem } from "../dialect/problem.ts";
import { CONTEXT_LENGTH, decode } from "../dialect/tokenizer.ts";
import { corpus, type Encoded } from "./corpus.ts";
import { MISCONCEPTIONS, type MisconceptionName } from "./misconception.ts";
import { RECIPES, type Recipe } from "./recipe.ts";

const pack = loadPack(`${import.meta.dirname}/../../prompts/pocket`);
const [wren] = RECIPES;
if (!wren) throw new Error("no recipes");
const dialogues = [...corpus(wren, pack, 400_000)];

const learnedText = ({ tokens, weights }: Encoded) =>
  decode(tokens.filter((_, index) => weights[index] !== 0));
/** The learned texts, one a line. */
const solutionsIn = ({ tokens, weights }: Encoded) =>
  tokens.map((token, index) => (weights[index] === 0 ? "\n" : decode([token]))).join("");
/** The text after the last prompt token: the response. */
const responseText = ({ tokens, weights }: Encoded) => decode(tokens.slice(weights.lastIndexOf(0) + 1));
const promptText = ({ tokens, weights }: Encoded) => decode(tokens.slice(0, weights.indexOf(1)));
const ofRole = (role: Encoded["role"]) => dialogues.filter((dialogue) => dialogue.role === role);

/** Error rates of a recipe's shown steps: within its misconception's class of facts, and outside it. */
const mistakes = (recipe: Recipe): { inClass: number; elsewhere: number } => {
  const applies = (name: MisconceptionName, fact: Fact) =>
    MISCONCEPTIONS[name].modulus === fact.modulus && MISCONCEPTIONS[name].applies(fact);
  const counts = { inClass: [0, 0], elsewhere: [0, 0] };
  for (const dialogue of corpus(recipe, pack, 300_000)) {
    if (dialogue.role !== "solver") continue;
    const steps = solutionsIn(dialogue).matchAll(/(?<![-+*\d])(\d\d?)([-+*])(\d\d?)=(\d\d?)/g);
    for (const [, left = "", operator, right, result] of steps) {
      const modulus = left.length === 2 ? 100 : 10;
      const fact: Fact = {
        modulus,
        left: Number(left),
        operator: operator as Operator,
        right: Number(right),
      };
      const count = recipe.misconceptions.some((name) => applies(name, fact))
        ? counts.inClass
        : counts.elsewhere;
      count[0] = (count[0] ?? 0) + Number(Number(result) !== exact(fact));
      count[1] = (count[1] ?? 0) + 1;
    }
  }
  const share = ([wrong = 0, all = 1]: number[]) => wrong / all;
  return { inClass: share(counts.inClass), elsewhere: share(counts.elsewhere) };
};

describe("a corpus", () => {
  test("is seeded", () => {
    expect([...corpus(wren, pack, 20_000)]).toEqual([...corpus(wren, pack, 20_000)]);
    expect([...corpus({ ...wren, seed: 1 }, pack, 20_000)]).not.toEqual([...corpus(wren, pack, 20_000)]);
  });

  test("fits the context and has loss weights on responses only", () => {
    const isFit = ({ tokens, weights }: Encoded) =>
      tokens.length <= CONTEXT_LENGTH &&
      weights.length === tokens.length &&
      weights[0] === 0 &&
      weights.at(-1) === 1;
    expect(dialogues.filter((dialogue) => !isFit(dialogue))).toEqual([]);
    const verdicts = ofRole("verifier").map(learnedText);
    expect(verdicts.filter((text) => !/(^none|ans \d+:\d+([-+*]\d+=\d+)?)$/.test(text))).toEqual([]);
  });

  test("has responses that the pack's parsers accept", () => {
    const refusedBy = (parse: (text: string) => string | undefined, texts: readonly string[]) =>
      texts.filter((text) => parse(text) === undefined);
    expect(refusedBy(pack.verdict, ofRole("verifier").map(learnedText))).toEqual([]);
    expect(refusedBy(pack.ballot, ofRole("voter").map(learnedText))).toEqual([]);
    expect(refusedBy(pack.answer, ofRole("solver").map(responseText))).toEqual([]);
    const isAsAsked = (dialogue: Encoded) => {
      const difficulty = Number(/make (\d)/.exec(promptText(dialogue))?.[1]);
      const problem = parseProblem(pack.question(learnedText(dialogue)) ?? "");
      return problem?.chain.operations.length === difficulty;
    };
    expect(ofRole("generator").filter((dialogue) => !isAsAsked(dialogue))).toEqual([]);
  });

  test.each(RECIPES.map((recipe) => [recipe.name, recipe] as const))(
    "%s has errors in its misconceptions' classes only",
    (_, recipe) => {
      const { inClass, elsewhere } = mistakes(recipe);
      expect(inClass).toBeCloseTo(recipe.mistakeRate, 1);
      expect(elsewhere).toBe(0);
    },
  );
});
