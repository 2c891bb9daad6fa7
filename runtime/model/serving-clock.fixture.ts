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
