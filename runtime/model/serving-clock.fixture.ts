/** The clock of a simulated server: real time, or faster than real time by a factor. */
import { readFileSync } from "node:fs";

export interface ServingClock {
  /** [s] */
  now(): number;
  /** Calls `run` at the time `at` [s] or soon after; returns the way to call it off. */
  wake(at: number, run: () => void): () => void;
  /** How long a client has to wait for some time of this clock to pass [s]. */
  realSeconds(seconds: number): number;
}

const nanoseconds = 1e-9;

/** How long the main thread has waited for a processor that others had [s]; 0 where the system does not say. */
const stolenSeconds = (): number => {
  try {
    const [, waited] = readFileSync("/proc/self/schedstat", "utf8").split(" ");
    return Number(waited) * nanoseconds;
  } catch {
    return 0;
  }
};

/** How long what was read of it counts as known [s]. */
const readEvery = 0.001;

/** Time that the process could use [s]: other work on the machine stops this clock. */
const ownTime = (): (() => number) => {
  let [readAt, stolen, latest] = [Number.NEGATIVE_INFINITY, 0, 0];
  return () => {
    const now = performance.now() / 1000;
    if (now - readAt >= readEvery) [readAt, stolen] = [now, stolenSeconds()];
    latest = Math.max(latest, now - stolen);
    return latest;
  };
};

/** `scale`: seconds of this clock in a second of the process's own time. */
export const scaledClock = (scale = 1): ServingClock => {
  const ownSeconds = ownTime();
  const startedAt = ownSeconds();
  const now = () => (ownSeconds() - startedAt) * scale;
  const realSeconds = (seconds: number) => seconds / scale;
  const wake = (at: number, run: () => void): (() => void) => {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      timer = setTimeout(() => (now() < at ? wait() : run()), Math.max(0, realSeconds(at - now()) * 1000));
    };
    wait();
    return () => clearTimeout(timer);
  };
  return { now, realSeconds, wake };
};
