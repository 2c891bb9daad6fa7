/** The clock of a simulated server: real time, or faster than real time by a factor. */

export interface ServingClock {
  /** [s] */
  now(): number;
  /** Calls `run` at the time `at` [s] or soon after; returns the way to call it off. */
  wake(at: number, run: () => void): () => void;
  /** How long a client has to wait for some time of this clock to pass [s]. */
  realSeconds(seconds: number): number;
}

/** `scale`: seconds of this clock in a second of real time. */
export const scaledClock = (scale = 1): ServingClock => {
  const startedAt = performance.now();
  const now = () => ((performance.now() - startedAt) / 1000) * scale;
  const realSeconds = (seconds: number) => seconds / scale;
  return {
    now,
    realSeconds,
    wake: (at, run) => {
      const timer = setTimeout(run, Math.max(0, realSeconds(at - now()) * 1000));
      return () => clearTimeout(timer);
    },
  };
};
