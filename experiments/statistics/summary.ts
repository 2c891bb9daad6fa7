/** Mean, sample standard deviation and quantiles of a few values. */

/** 0 for no values. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Sample standard deviation (n − 1); undefined for fewer than two values: one run shows no spread. */
export const deviation = (values: readonly number[]): number | undefined => {
  if (values.length < 2) return undefined;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
};

/** Quantile at `share` of sorted values, interpolated between neighbours (type 7 of Hyndman and Fan). */
export const quantile = (sorted: readonly number[], share: number): number => {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return below + (above - below) * (place - Math.floor(place));
};

export interface Summary {
  readonly mean: number;
  /** Undefined for a single value. */
  readonly sd: number | undefined;
  readonly count: number;
}

/** Undefined for no values. */
export const summaryOf = (values: readonly number[]): Summary | undefined =>
  values.length === 0 ? undefined : { mean: mean(values), sd: deviation(values), count: values.length };
