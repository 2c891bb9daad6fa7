/** The supervisor's two loops around difficulty (Eq. 1) and the performance they aim at. */
import type { Settings } from "./settings.ts";

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Inner loop, Eq. 1: d_{t+1} = d_t + α (V_t − V_target), clamped: at a steady V the target's margin makes it sink.
 * `drift` is how far the internal V has run ahead of the external anchor; it counts against V.
 */
export const nextDifficulty = (
  difficulty: number,
  passRate: number,
  target: number,
  drift: number,
  { difficultyRate, difficultyMin, difficultyMax, difficultyControl }: Settings,
): number =>
  difficultyControl
    ? clamp(difficulty + difficultyRate * (passRate - drift - target), difficultyMin, difficultyMax)
    : difficulty;

/** Outer loop: V_target is the moving average of V plus a small margin, capped below 1. */
export const nextTarget = (
  passRates: readonly number[],
  { targetStart, targetWindow, targetMargin, targetCap }: Settings,
): number =>
  passRates.length === 0
    ? targetStart
    : Math.min(targetCap, mean(passRates.slice(-targetWindow)) + targetMargin);

/** Eq. 2: F_t = ((μ* − μ̄) / (μ* + ε))²; μ* is the peak of V in the window, μ̄ the mean of its newer half. */
export const surprise = (
  passRates: readonly number[],
  { surpriseWindow, surpriseEpsilon }: Settings,
): number => {
  const recent = passRates.slice(-surpriseWindow);
  const peak = Math.max(0, ...recent);
  const present = mean(recent.slice(-Math.ceil(surpriseWindow / 2)));
  return ((peak - present) / (peak + surpriseEpsilon)) ** 2;
};
