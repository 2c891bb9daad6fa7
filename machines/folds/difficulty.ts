/** The supervisor's two loops: the difficulty (Eq. 1) and the pass rate that it aims at. */
import type { Settings } from "../settings.ts";

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

export interface RoundOutcome {
  /** V_t. */
  readonly passRate: number;
  /** V_target. */
  readonly target: number;
  /** Drift of V from the external anchor beyond its bound (drift.ts); it is subtracted from V. */
  readonly excess: number;
  /** Questions that settled. */
  readonly settled: number;
}

/**
 * Inner loop, Eq. 1: d_{t+1} = d_t + α (V_t − V_target), clamped; applied once per interaction or once per round.
 * While V is steady below the cap, the target's margin lowers d; d is stable where V reaches the cap.
 */
export const nextDifficulty = (
  difficulty: number,
  { passRate, target, excess, settled }: RoundOutcome,
  { difficultyRate, difficultyPer, difficultyMin, difficultyMax, difficultyControl }: Settings,
): number => {
  if (!difficultyControl) return difficulty;
  const updates = difficultyPer === "interaction" ? settled : Math.min(1, settled);
  const step = difficultyRate * updates * (passRate - excess - target);
  return clamp(difficulty + step, difficultyMin, difficultyMax);
};

/** Outer loop: V_target is the moving average of V plus a small margin, capped below 1. */
export const nextTarget = (
  passRates: readonly number[],
  { targetStart, targetWindow, targetMargin, targetCap }: Settings,
): number =>
  passRates.length === 0
    ? targetStart
    : Math.min(targetCap, mean(passRates.slice(-targetWindow)) + targetMargin);
