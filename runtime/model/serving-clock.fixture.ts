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

/** Most that the clock of an idle process goes on at once [s]. */
const step = 0.05;
/** Real time between two steps [ms], and the share of it that a process without anything to do is busy. */
const pause = 4;
const idleShare = 0.15;

/** A clock that stands still while the process is busy, so that a loaded machine loses no time of the servers. */
export const idleClock = (): ServingClock => {
  const alarms = new Set<{ readonly at: number; readonly run: () => void }>();
  let time = 0;
  let timer: NodeJS.Timeout | undefined;
  let before = performance.eventLoopUtilization();
  const goOn = (): void => {
    timer = undefined;
    const next = Math.min(...[...alarms].map(({ at }) => at));
    time = Math.max(time, Math.min(next, time + step));
    const due = [...alarms].filter(({ at }) => at <= time).toSorted((left, right) => left.at - right.at);
    for (const alarm of due) if (alarms.delete(alarm)) alarm.run();
  };
  const look = (): void => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization <= idleShare) goOn();
    wait();
  };
  const wait = (): void => {
    timer = alarms.size > 0 ? setTimeout(look, pause) : undefined;
  };
  return {
    now: () => time,
    realSeconds: () => 0,
    wake: (at, run) => {
      const alarm = { at, run };
      alarms.add(alarm);
      if (timer === undefined) wait();
      return () => void alarms.delete(alarm);
    },
  };
};
