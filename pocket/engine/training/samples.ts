/** Encodes training samples and splits them into optimiser steps. */
import { EngineError } from "../errors.ts";
import type { TrainingSample } from "../port.ts";
import { uniform } from "../sampler.ts";
import type { PieceTokenizer } from "../tokenizer.ts";

/** A sample as token ids: begin, prompt, response, end. */
export interface EncodedSample {
  readonly tokens: readonly number[];
  /** Index of the first response token; the loss covers it and all later tokens. */
  readonly responseStart: number;
}

/** The samples of one optimiser step, split into batches that are computed together. */
export interface Step {
  readonly batches: readonly (readonly EncodedSample[])[];
  readonly tokens: number;
  readonly responseTokens: number;
}

/** Maximum tokens per batch: a compromise between speed and memory. */
const BATCH_TOKENS = 256;

/** Throws `sample-too-long` or `text-not-encodable` with the sample's index. */
export const encodeSample = (
  { prompt, response }: TrainingSample,
  index: number,
  tokenizer: PieceTokenizer,
  context: number,
): EncodedSample => {
  const head = [tokenizer.beginToken, ...tokenizer.encode(prompt)];
  const tokens = [...head, ...tokenizer.encode(response), tokenizer.endToken];
  if (tokens.length <= context) return { tokens, responseStart: head.length };
  const problem = `Sample ${index} has ${tokens.length} tokens; the model has ${context} positions`;
  throw new EngineError("sample-too-long", problem, { fix: "leave out samples that are longer" });
};

/** Shuffles the samples in each epoch and splits them into optimiser steps of `batchSize` samples. */
export const stepsOf = (
  samples: readonly EncodedSample[],
  options: { readonly epochs: number; readonly batchSize: number; readonly seed: number },
): Step[] => {
  const chunks = Array.from({ length: options.epochs }, (_, epoch) =>
    chunk(shuffle(samples, options.seed, epoch), options.batchSize),
  ).flat();
  return chunks.map((step) => ({
    batches: batchesOf(step),
    tokens: sum(step, ({ tokens }) => tokens.length),
    responseTokens: sum(step, ({ tokens, responseStart }) => tokens.length - responseStart),
  }));
};

/** Splits the samples into batches in order; a batch takes samples while they fit. */
const batchesOf = (samples: readonly EncodedSample[]): EncodedSample[][] => {
  const batches: EncodedSample[][] = [];
  let room = 0;
  for (const sample of samples) {
    if (sample.tokens.length > room || batches.length === 0) {
      batches.push([]);
      room = BATCH_TOKENS;
    }
    batches.at(-1)?.push(sample);
    room -= sample.tokens.length;
  }
  return batches;
};

/** Fisher–Yates shuffle with random numbers from `seed` and `stream`. */
const shuffle = <Item>(items: readonly Item[], seed: number, stream: number): Item[] => {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = Math.floor(uniform(seed, stream * items.length + index) * (index + 1));
    const item = shuffled[index] as Item;
    shuffled[index] = shuffled[other] as Item;
    shuffled[other] = item;
  }
  return shuffled;
};

const chunk = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
