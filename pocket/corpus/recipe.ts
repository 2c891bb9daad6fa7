import { AgoraError } from "../../runtime/agora-error.ts";
import type { Style } from "../dialect/plan.ts";
import type { MisconceptionName } from "./misconception.ts";

/** Size of an attention head, one that common inference servers support. */
export const HEAD_SIZE = 32;

/** Llama architecture. `width` is `HEAD_SIZE` times `heads`; `heads` is divisible by `keyValueHeads`. */
export interface Shape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly feedForward: number;
}

export interface Training {
  /** Corpus size in million tokens, prompts included; each token is used once. */
  readonly millionTokens: number;
  /** Peak of the cosine schedule. */
  readonly learningRate: number;
  /** Padded tokens per optimiser step. */
  readonly batchTokens: number;
}

/** The definition of one pocket model: shape, misconceptions and styles. */
export interface Recipe {
  readonly name: string;
  /** The size of real model that it represents in the experiments. */
  readonly tier: "1B" | "4B";
  readonly shape: Shape;
  /** One of digits and one of two-digit numbers. */
  readonly misconceptions: readonly MisconceptionName[];
  /** Share of wrong facts in a misconception's class; the rest of the class is correct in the corpus. */
  readonly mistakeRate: number;
  /** Odds of each style if no example sets the style. */
  readonly styles: Readonly<Record<Style, number>>;
  readonly seed: number;
  readonly training: Training;
}

const SMALL: Training = { millionTokens: 10, learningRate: 0.006, batchTokens: 2500 };
const LARGE: Training = { millionTokens: 10, learningRate: 0.006, batchTokens: 2500 };

const WREN: Recipe = {
  name: "wren",
  tier: "1B",
  shape: { width: 64, layers: 3, heads: 2, keyValueHeads: 2, feedForward: 96 },
  misconceptions: ["carries", "doublesCarry"],
  mistakeRate: 0.55,
  styles: { steps: 0.5, leaps: 0.44, answer: 0.06 },
  seed: 101,
  training: SMALL,
};
const MOLE: Recipe = {
  name: "mole",
  tier: "1B",
  shape: { width: 64, layers: 3, heads: 2, keyValueHeads: 2, feedForward: 112 },
  misconceptions: ["borrows", "doublesBorrow"],
  mistakeRate: 0.55,
  styles: { steps: 0.48, leaps: 0.46, answer: 0.06 },
  seed: 102,
  training: SMALL,
};
const NEWT: Recipe = {
  name: "newt",
  tier: "1B",
  shape: { width: 64, layers: 3, heads: 2, keyValueHeads: 1, feedForward: 128 },
  misconceptions: ["bigProducts", "addsTwice"],
  mistakeRate: 0.55,
  styles: { steps: 0.52, leaps: 0.42, answer: 0.06 },
  seed: 103,
  training: SMALL,
};
const OTTER: Recipe = {
  name: "otter",
  tier: "4B",
  shape: { width: 96, layers: 3, heads: 3, keyValueHeads: 3, feedForward: 256 },
  misconceptions: ["bigProducts", "carriesProducts"],
  mistakeRate: 0.55,
  styles: { steps: 0.46, leaps: 0.48, answer: 0.06 },
  seed: 104,
  training: LARGE,
};
const HERON: Recipe = {
  name: "heron",
  tier: "4B",
  shape: { width: 96, layers: 3, heads: 3, keyValueHeads: 3, feedForward: 320 },
  misconceptions: ["smallProducts", "addsTwice"],
  mistakeRate: 0.55,
  styles: { steps: 0.44, leaps: 0.5, answer: 0.06 },
  seed: 105,
  training: LARGE,
};
const LYNX: Recipe = {
  name: "lynx",
  tier: "4B",
  shape: { width: 96, layers: 3, heads: 3, keyValueHeads: 3, feedForward: 288 },
  misconceptions: ["smallDifferences", "takesTwice"],
  mistakeRate: 0.55,
  styles: { steps: 0.48, leaps: 0.46, answer: 0.06 },
  seed: 106,
  training: LARGE,
};

export const RECIPES: readonly Recipe[] = [WREN, MOLE, NEWT, OTTER, HERON, LYNX];

export class UnknownModelError extends AgoraError<"pocket.unknown-model"> {}

export const findRecipe = (name: string): Recipe => {
  const recipe = RECIPES.find((one) => one.name === name);
  if (recipe) return recipe;
  const known = RECIPES.map((one) => one.name).join(", ");
  throw new UnknownModelError("pocket.unknown-model", `no pocket model is called "${name}"`, {
    fix: `name one of ${known}`,
  });
};

/** Number of weights of a recipe's model; the output layer shares the embedding. */
export const parameterCount = ({ shape }: Recipe, vocabulary: number): number => {
  const keyValueWidth = HEAD_SIZE * shape.keyValueHeads;
  const attention = 2 * shape.width * (shape.width + keyValueWidth);
  const layer = attention + 3 * shape.width * shape.feedForward + 2 * shape.width;
  return shape.layers * layer + shape.width * (vocabulary + 1);
};
