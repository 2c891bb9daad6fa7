/** The elapsed time, the remaining time and the used tokens of a run, as text. */
import type { ProgressState } from "./progress-state.ts";

export interface PaceGoals {
  readonly rounds: number;
  readonly updates?: number | undefined;
  readonly tokens?: number | undefined;
  readonly bufferThreshold: number;
}

/** Share of an update that is done when its samples are collected; the rest is training. */
const findingShare = 0.8;

const updatesPart = ({ generation, jobs, buffer }: ProgressState, goals: PaceGoals): number => {
  const { updates, bufferThreshold } = goals;
  if (updates === undefined) return 0;
  const full = Math.min(1, buffer.size / bufferThreshold);
  const made = jobs.size > 0 ? generation - 1 + findingShare : generation + findingShare * full;
  return made / updates;
};

/** Share of the run that is done, by the goal that is nearer. In [0, 1]. */
export const doneShare = (state: ProgressState, goals: PaceGoals): number => {
  const { closed, settled, voided, round } = state;
  const isOpen = round !== undefined && round.round !== closed?.round;
  const within = isOpen ? Math.min(1, (settled + voided) / Math.max(1, round.count)) : 0;
  const rounds = (closed === undefined ? 0 : closed.round + 1) + within;
  const spent = goals.tokens === undefined ? 0 : state.tokens / goals.tokens;
  return Math.min(1, Math.max(rounds / goals.rounds, updatesPart(state, goals), spent));
};

/** A forecast needs at least this much time [s] and progress. */
const [leastSeconds, leastShare] = [10, 0.03];

/** Remaining time [s], from the progress since `from`; undefined while it is too early to tell. */
export const secondsLeft = (elapsed: number, from: number, now: number): number | undefined => {
  const done = now - from;
  return elapsed < leastSeconds || done < leastShare ? undefined : (elapsed * (1 - now)) / done;
};

/** `42 s`, `3 min 20 s`, `2 h 5 min`. */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

/** A rounded duration, because a forecast is not exact. */
const roughly = (seconds: number): string => {
  if (seconds < 60) return "less than a minute";
  return seconds < 3600 ? `about ${Math.round(seconds / 60)} min` : `about ${(seconds / 3600).toFixed(1)} h`;
};

/** `980`, `12.3k`, `4.6M`. */
export const amount = (count: number): string => {
  if (count < 1000) return String(count);
  return count < 1e6 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1e6).toFixed(1)}M`;
};

export const paceText = (elapsed: number, left: number | undefined, tokens: number): string => {
  const forecast = left === undefined ? [] : [`${roughly(left)} left`];
  return [`${duration(elapsed)} elapsed`, ...forecast, `${amount(tokens)} tokens`].join(" · ");
};
