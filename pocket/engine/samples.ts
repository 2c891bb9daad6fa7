/**
 * Training samples packed into rows of fixed length, so that one job compiles one shape and pads little.
 *
 * Samples of one row cannot see each other: attention is causal within a segment, and positions begin anew.
 */
import { EngineError } from "./errors.ts";
import type { TrainingSample } from "./port.ts";
import { uniform } from "./sampler.ts";
import type { PieceTokenizer } from "./tokenizer.ts";

/** A sample in tokens: begin, prompt, response, end. */
export interface EncodedSample {
  readonly tokens: readonly number[];
  /** Index of the first response token; the loss covers this one and all after it. */
  readonly responseStart: number;
}

/** Samples side by side in one row. */
export type PackedRow = readonly EncodedSample[];

/** The rows of one optimiser step, in micro-batches of equal height. */
export interface PackedStep {
  readonly microBatches: readonly (readonly PackedRow[])[];
  readonly tokens: number;
  readonly responseTokens: number;
}

export interface PackedJob {
  /** Rows of a micro-batch; the last rows of one may be empty. */
  readonly height: number;
  /** Tokens of a row. */
  readonly length: number;
  readonly steps: readonly PackedStep[];
}

/** Tokens of a micro-batch: large enough for quick kernels, small enough for a lean thread. */
const MICRO_BATCH_TOKENS = 1024;
const SHORTEST_ROW = 64;

/** Throws `sample-too-long` or `text-not-encodable`, naming the sample. */
export function encodeSample(
  { prompt, response }: TrainingSample,
  index: number,
  tokenizer: PieceTokenizer,
  context: number,
): EncodedSample {
  const head = [tokenizer.beginToken, ...tokenizer.encode(prompt)];
  const tokens = [...head, ...tokenizer.encode(response), tokenizer.endToken];
  if (tokens.length <= context) return { tokens, responseStart: head.length };
  const problem = `Sample ${index} has ${tokens.length} tokens; the model has ${context} positions.`;
  throw new EngineError("sample-too-long", `${problem} Leave out samples that are longer.`);
}

/** Shuffles anew in each epoch, cuts into optimiser steps of `batchSize` samples and packs each. */
export function packJob(
  samples: readonly EncodedSample[],
  options: { readonly epochs: number; readonly batchSize: number; readonly seed: number },
): PackedJob {
  const longest = Math.max(...samples.map(({ tokens }) => tokens.length));
  const length = Math.max(SHORTEST_ROW, Math.ceil(longest / 16) * 16);
  const batches = Array.from({ length: options.epochs }, (_, epoch) =>
    chunk(shuffle(samples, options.seed, epoch), options.batchSize),
  ).flat();
  const packed = batches.map((batch) => ({ batch, rows: packRows(batch, length) }));
  const mostRows = Math.max(...packed.map(({ rows }) => rows.length));
  const height = Math.ceil(mostRows / Math.ceil((mostRows * length) / MICRO_BATCH_TOKENS));
  const steps = packed.map(({ batch, rows }) => ({
    microBatches: chunk(rows, height),
    tokens: sum(batch, ({ tokens }) => tokens.length),
    responseTokens: sum(batch, ({ tokens, responseStart }) => tokens.length - responseStart),
  }));
  return { height, length, steps };
}

/** First fit, longest first. */
function packRows(samples: readonly EncodedSample[], length: number): PackedRow[] {
  const rows: { samples: EncodedSample[]; room: number }[] = [];
  for (const sample of samples.toSorted((a, b) => b.tokens.length - a.tokens.length)) {
    const row = rows.find(({ room }) => room >= sample.tokens.length);
    if (row === undefined) rows.push({ samples: [sample], room: length - sample.tokens.length });
    else {
      row.samples.push(sample);
      row.room -= sample.tokens.length;
    }
  }
  return rows.map((row) => row.samples);
}

/** Fisher–Yates by a seed and a stream of its own. */
function shuffle<Item>(items: readonly Item[], seed: number, stream: number): Item[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = Math.floor(uniform(seed, stream * items.length + index) * (index + 1));
    const item = shuffled[index] as Item;
    shuffled[index] = shuffled[other] as Item;
    shuffled[other] = item;
  }
  return shuffled;
}

function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
