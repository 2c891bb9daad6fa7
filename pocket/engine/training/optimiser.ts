/** AdamW over the matrices of an adapter, in place. */

export interface AdamWSettings {
  /** Peak learning rate of the schedule. */
  readonly learningRate: number;
  readonly steps: number;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;
const WARM_UP = 0.03;

/** AdamW with weight decay 0. The schedule is a linear warm-up over 3 % of the steps, then a linear decay to 0. */
export class AdamW {
  readonly #settings: AdamWSettings;
  readonly #moments: { readonly first: Float32Array; readonly second: Float32Array }[];
  #step = 0;

  constructor(parameters: readonly Float32Array[], settings: AdamWSettings) {
    this.#settings = settings;
    this.#moments = parameters.map(({ length }) => ({
      first: new Float32Array(length),
      second: new Float32Array(length),
    }));
  }

  /** Updates `parameters` in place by one step; the arrays correspond to those given to the constructor. */
  step(parameters: readonly Float32Array[], gradients: readonly Float32Array[]): void {
    const rate = scheduledRate(this.#settings, this.#step++);
    const size = rate / (1 - BETA_1 ** this.#step);
    const correction = 1 / Math.sqrt(1 - BETA_2 ** this.#step);
    for (const [index, parameter] of parameters.entries()) {
      const gradient = gradients[index];
      const moments = this.#moments[index];
      if (gradient === undefined || moments === undefined) continue;
      update(parameter, gradient, moments, size, correction);
    }
  }
}

const update = (
  parameter: Float32Array,
  gradient: Float32Array,
  { first, second }: { readonly first: Float32Array; readonly second: Float32Array },
  size: number,
  correction: number,
): void => {
  for (let index = 0; index < parameter.length; index++) {
    const slope = gradient[index] ?? 0;
    const mean = BETA_1 * (first[index] ?? 0) + (1 - BETA_1) * slope;
    const square = BETA_2 * (second[index] ?? 0) + (1 - BETA_2) * slope * slope;
    first[index] = mean;
    second[index] = square;
    parameter[index] = (parameter[index] ?? 0) - (size * mean) / (Math.sqrt(square) * correction + EPSILON);
  }
};

/** `step` counts from 0; the rates of the first and the last step are above 0. */
export const scheduledRate = ({ learningRate, steps }: AdamWSettings, step: number): number => {
  const warmUp = Math.ceil(WARM_UP * steps);
  if (step < warmUp) return (learningRate * (step + 1)) / warmUp;
  return (learningRate * (steps - step)) / Math.max(1, steps - warmUp);
};

/**
 * Scales the gradients in place so that their joint Euclidean norm is at most `limit`. Returns the norm before
 * scaling.
 */
export const clipNorm = (gradients: readonly Float32Array[], limit: number): number => {
  let square = 0;
  for (const gradient of gradients) for (const slope of gradient) square += slope * slope;
  const norm = Math.sqrt(square);
  const factor = limit / (norm + 1e-6);
  if (factor < 1) for (const gradient of gradients) scaleInPlace(gradient, factor);
  return norm;
};

const scaleInPlace = (values: Float32Array, factor: number): void => {
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * factor;
};
