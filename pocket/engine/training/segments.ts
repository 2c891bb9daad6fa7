/**
 * The rows of a batch: one sample after another, each without its last token, which predicts nothing.
 *
 * The queries are the rows that a layer computes beyond their keys and values: all rows, except in the last layer,
 * where only the rows that predict a response token count.
 */
import type { FloatMemory } from "../kernels/float-memory.ts";
import type { EncodedSample } from "./samples.ts";

/** One sample's rows, `length` of them from row `start`. */
export interface Segment {
  readonly start: number;
  readonly length: number;
  /** First of its queries among all queries of the batch. */
  readonly queryStart: number;
  readonly queries: number;
  /** Position of its first query; the others follow. */
  readonly position: number;
}

export interface Rows {
  readonly rows: number;
  readonly queries: number;
  readonly segments: readonly Segment[];
}

/** Number of rows of a sample. */
export const rowsOf = ({ tokens }: EncodedSample): number => tokens.length - 1;

/** All rows are queries. */
export const allRows = (samples: readonly EncodedSample[]): Rows =>
  collect(samples, (sample) => ({ position: 0, queries: rowsOf(sample) }));

/** The queries are the rows that predict a response token. */
export const responseRows = (samples: readonly EncodedSample[]): Rows =>
  collect(samples, ({ tokens, responseStart }) => ({
    position: responseStart - 1,
    queries: tokens.length - responseStart,
  }));

const collect = (
  samples: readonly EncodedSample[],
  queriesOf: (sample: EncodedSample) => Pick<Segment, "position" | "queries">,
): Rows => {
  let [rows, queries] = [0, 0];
  const segments = samples.map((sample) => {
    const segment = { start: rows, length: rowsOf(sample), queryStart: queries, ...queriesOf(sample) };
    rows += segment.length;
    queries += segment.queries;
    return segment;
  });
  return { rows, queries, segments };
};

/** Copies the queries' rows of `width` floats from all rows at `from` to `to`, one after another. */
export const gatherQueries = (
  { floats }: FloatMemory,
  { segments }: Rows,
  from: number,
  to: number,
  width: number,
): void => {
  for (const { start, position, queryStart, queries } of segments) {
    const first = from + (start + position) * width;
    floats.copyWithin(to + queryStart * width, first, first + queries * width);
  }
};

/** The inverse of `gatherQueries`; other rows at `to` are not changed. */
export const scatterQueries = (
  { floats }: FloatMemory,
  { segments }: Rows,
  from: number,
  to: number,
  width: number,
): void => {
  for (const { start, position, queryStart, queries } of segments) {
    const first = from + queryStart * width;
    floats.copyWithin(to + (start + position) * width, first, first + queries * width);
  }
};
