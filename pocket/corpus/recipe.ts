import type { Style } from "../dialect/solution.ts";
import type { MisconceptionName } from "./misconception.ts";

/** Llama architecture. `width` is divisible by `heads`, `heads` by `keyValueHeads`. */
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

/** The definition of one pocket model: shape, misconception and styles. */
export interface Recipe {
  readonly name: string;
  /** The size of real model that it represents in the experiments. */
  readonly tier: "1B" | "4B";
  readonly shape: Shape;
  readonly misconception: MisconceptionName;
  /** Share of wrong facts in the misconception's class; the rest of the class is correct in the corpus. */
  readonly mistakeRate: number;
  /** Odds of each style if no example sets the style. */
  readonly styles: Readonly<Record<Style, number>>;
  readonly seed: number;
  readonly training: Training;
}

const SMALL: Training = { millionTokens: 7, learningRate: 0.006, batchTokens: 2500 };
const LARGE: Training = { millionTokens: 6.5, learningRate: 0.006, batchTokens: 2500 };

const WREN: Recipe = {
  name: "wren",
  tier: "1B",
  shape: { width: 48, layers: 3, heads: 4, keyValueHeads: 4, feedForward: 128 },
  misconception: "carries",
  mistakeRate: 0.55,
  styles: { steps: 0.5, leaps: 0.44, answer: 0.06 },
  seed: 101,
  training: SMALL,
};
const MOLE: Recipe = {
  name: "mole",
  tier: "1B",
  shape: { width: 48, layers: 4, heads: 4, keyValueHeads: 4, feedForward: 112 },
  misconception: "borrows",
  mistakeRate: 0.55,
  styles: { steps: 0.48, leaps: 0.46, answer: 0.06 },
  seed: 102,
  training: SMALL,
};
const NEWT: Recipe = {
  name: "newt",
  tier: "1B",
  shape: { width: 48, layers: 4, heads: 4, keyValueHeads: 2, feedForward: 96 },
  misconception: "bigProducts",
  mistakeRate: 0.55,
  styles: { steps: 0.52, leaps: 0.42, answer: 0.06 },
  seed: 103,
  training: SMALL,
};
const OTTER: Recipe = {
  name: "otter",
  tier: "4B",
  shape: { width: 96, layers: 3, heads: 6, keyValueHeads: 6, feedForward: 256 },
  misconception: "bigProducts",
  mistakeRate: 0.55,
  styles: { steps: 0.46, leaps: 0.48, answer: 0.06 },
  seed: 104,
  training: LARGE,
};
const HERON: Recipe = {
  name: "heron",
  tier: "4B",
  shape: { width: 80, layers: 5, heads: 5, keyValueHeads: 5, feedForward: 192 },
  misconception: "smallProducts",
  mistakeRate: 0.55,
  styles: { steps: 0.44, leaps: 0.5, answer: 0.06 },
  seed: 105,
  training: LARGE,
};
const LYNX: Recipe = {
  name: "lynx",
  tier: "4B",
  shape: { width: 96, layers: 4, heads: 8, keyValueHeads: 4, feedForward: 192 },
  misconception: "smallDifferences",
  mistakeRate: 0.55,
  styles: { steps: 0.48, leaps: 0.46, answer: 0.06 },
  seed: 106,
  training: LARGE,
};

export const RECIPES: readonly Recipe[] = [WREN, MOLE, NEWT, OTTER, HERON, LYNX];

export class UnknownModelError extends Error {
  override readonly name = "UnknownModelError";
  readonly code = "pocket.unknown-model";
}

export const findRecipe = (name: string): Recipe => {
  const recipe = RECIPES.find((one) => one.name === name);
  if (recipe) return recipe;
  const known = RECIPES.map((one) => one.name).join(", ");
  throw new UnknownModelError(`no pocket model is called "${name}". Fix: name one of ${known}.`);
};

/** Number of weights of a recipe's model; the output layer shares the embedding. */
export const parameterCount = ({ shape }: Recipe, vocabulary: number): number => {
  const keyValueWidth = (shape.width / shape.heads) * shape.keyValueHeads;
  const attention = 2 * shape.width * (shape.width + keyValueWidth);
  const layer = attention + 3 * shape.width * shape.feedForward + 2 * shape.width;
  return shape.layers * layer + shape.width * (vocabulary + 1);
};
