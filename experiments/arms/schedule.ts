/**
 * Plays runs, several at once, each in a process of its own.
 *
 * 1. A run that fails is reported and does not stop the others.
 * 2. When the signal aborts, no further run starts; those under way are stopped and waited for.
 */

/** One run under way. */
export interface RunProcess {
  /** Never rejects. */
  readonly ended: Promise<RunEnding>;
  /** Asks it to stop; a second time ends it at once. */
  stop(): void;
}

export type RunEnding =
  | { readonly ending: "finished" }
  | { readonly ending: "stopped" }
  | { readonly ending: "failed"; readonly reason: string; readonly exit: number | string };

export interface ScheduleOptions<Run> {
  readonly runs: readonly Run[];
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly start: (run: Run) => RunProcess;
  readonly onEnd: (run: Run, ending: RunEnding) => void;
}

export const playAll = async <Run>({
  runs,
  parallel,
  signal,
  start,
  onEnd,
}: ScheduleOptions<Run>): Promise<void> => {
  const waiting = [...runs];
  const playNext = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined && !signal.aborted; run = waiting.shift()) {
      const process = start(run);
      const stop = (): void => process.stop();
      signal.addEventListener("abort", stop, { once: true });
      const ending = await process.ended;
      signal.removeEventListener("abort", stop);
      onEnd(run, ending);
    }
  };
  await Promise.all(Array.from({ length: parallel }, playNext));
};
