/**
 * What a share of few cases tells of the true one, by Agresti and Caffo (The American Statistician 54, 2000): one success
 * and one failure are added, so that the error is not 0 where all cases succeeded, or none.
 */
export interface Estimate {
  readonly share: number;
  /** Of the estimate: the square of its standard error. */
  readonly variance: number;
}

/** `share` of `cases` succeeded. */
export const estimateOf = (share: number, cases: number): Estimate => {
  const estimated = (share * cases + 1) / (cases + 2);
  return { share: estimated, variance: (estimated * (1 - estimated)) / (cases + 2) };
};
