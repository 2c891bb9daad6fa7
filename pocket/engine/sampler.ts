/** Samples the next token from logits and reports log-probabilities. */
import type { TokenLogprob } from "./port.ts";

export interface SamplingSettings {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

/** The `index`th uniform number in [0, 1) of a seed: a hash of seed and index, without state. */
export const uniform = (seed: number, index: number): number => {
  const high = Math.floor(seed / 2 ** 32);
  let state =
    Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.imul(high | 0, 0x85ebca77) ^ Math.imul(index + 1, 0xc2b2ae3d);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
};

export const largest = (values: Float32Array): number => {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
};

/**
 * Applies the temperature, keeps the smallest set of tokens whose mass reaches `topP`, and samples one. `index`
 * counts new tokens.
 */
export const sample = (logits: Float32Array, settings: SamplingSettings, index: number): number => {
  const best = largest(logits);
  if (settings.temperature === 0) return best;
  const probabilities = softmax(logits, logits[best] ?? 0, settings.temperature);
  return draw(probabilities, settings.topP, uniform(settings.seed, index));
};

const softmax = (logits: Float32Array, maximum: number, temperature: number): Float32Array => {
  const probabilities = new Float32Array(logits.length);
  let sum = 0;
  for (let token = 0; token < logits.length; token++) {
    const weight = Math.exp(((logits[token] ?? 0) - maximum) / temperature);
    probabilities[token] = weight;
    sum += weight;
  }
  for (let token = 0; token < logits.length; token++)
    probabilities[token] = (probabilities[token] ?? 0) / sum;
  return probabilities;
};

/** Samples among the most probable tokens whose mass reaches `topP`. Overwrites `probabilities`. */
const draw = (probabilities: Float32Array, topP: number, random: number): number => {
  const tokens: number[] = [];
  const masses: number[] = [];
  let mass = 0;
  while (mass < topP && tokens.length < probabilities.length) {
    const token = largest(probabilities);
    const probability = probabilities[token] ?? 0;
    if (probability <= 0) break;
    mass += probability;
    tokens.push(token);
    masses.push(mass);
    probabilities[token] = 0;
  }
  const chosen = masses.findIndex((cumulated) => random * mass < cumulated);
  return tokens[chosen === -1 ? tokens.length - 1 : chosen] ?? 0;
};

/** Log-probabilities at temperature 1: of `token` and of the `alternatives` most probable tokens. */
export const describe = (logits: Float32Array, token: number, alternatives: number): TokenLogprob => {
  const maximum = logits[largest(logits)] ?? 0;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - maximum), 0);
  const normaliser = maximum + Math.log(sum);
  const logprobOf = (candidate: number): number => (logits[candidate] ?? 0) - normaliser;
  const order = alternatives === 0 ? [] : [...logits.keys()].sort((a, b) => logprobOf(b) - logprobOf(a));
  return {
    token,
    logprob: logprobOf(token),
    top: order
      .slice(0, alternatives)
      .map((candidate) => ({ token: candidate, logprob: logprobOf(candidate) })),
  };
};
