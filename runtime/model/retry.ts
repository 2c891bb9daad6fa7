/**
 * Retries of model calls, with exponential back-off.
 *
 * 1. At most `attempts` attempts; then the last failure is thrown unchanged.
 * 2. Delays double from `firstDelaySeconds` to `maxDelaySeconds`. Each is randomly shortened by up to half, so that
 *    callers that failed together do not retry together.
 * 3. A delay is never shorter than the server's Retry-After. A Retry-After over `maxRetryAfterSeconds` ends retrying.
 * 4. An aborted signal ends attempts and delays.
 */
import { setTimeout as sleepMilliseconds } from "node:timers/promises";

export interface RetryPolicy {
  readonly attempts: number;
  readonly firstDelaySeconds: number;
  readonly maxDelaySeconds: number;
  readonly maxRetryAfterSeconds: number;
}

export const defaultPolicy: RetryPolicy = {
  attempts: 5,
  firstDelaySeconds: 0.25,
  maxDelaySeconds: 8,
  maxRetryAfterSeconds: 120,
};

/** Undefined: do not retry. */
export type RetryAdvice = { readonly retryAfterSeconds?: number | undefined } | undefined;

export interface RetryClock {
  /** Rejects with the signal's reason once it is aborted. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

export const systemClock: RetryClock = {
  sleep: (seconds, signal) =>
    sleepMilliseconds(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted()),
  random: Math.random,
};

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly advise: (error: unknown) => RetryAdvice;
  readonly clock?: RetryClock | undefined;
}

/** `attempt` receives the attempt number, from 0. */
export const retry = async <Result>(
  attempt: (index: number) => Promise<Result>,
  { policy, signal, advise, clock = systemClock }: RetryOptions,
): Promise<Result> => {
  for (let index = 0; ; index++) {
    signal.throwIfAborted();
    try {
      return await attempt(index);
    } catch (error) {
      signal.throwIfAborted();
      const delay = delayOf(advise(error), index, policy, clock);
      if (delay === undefined || index + 1 >= policy.attempts) throw error;
      await clock.sleep(delay, signal);
    }
  }
};

const delayOf = (
  advice: RetryAdvice,
  index: number,
  policy: RetryPolicy,
  clock: RetryClock,
): number | undefined => {
  if (advice === undefined) return undefined;
  const asked = advice.retryAfterSeconds ?? 0;
  if (asked > policy.maxRetryAfterSeconds) return undefined;
  const grown = Math.min(policy.firstDelaySeconds * 2 ** index, policy.maxDelaySeconds);
  return Math.max(asked, grown * (1 - clock.random() / 2));
};

/** Parses a Retry-After header: seconds or an HTTP date. Undefined if it is missing or invalid. */
export const parseRetryAfter = (
  header: string | null | undefined,
  now: number = Date.now(),
): number | undefined => {
  if (!header) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
};
