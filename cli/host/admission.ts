/** Finding a run at a NATS server and being let in: waits for a host that is not there yet, and to be missed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "../../runtime/bus/bus.ts";
import { EntryError } from "../../runtime/wire/enter.ts";
import { knock } from "../../runtime/wire/entrance.ts";
import type { Terms } from "../../runtime/wire/terms.ts";
import { runsAt } from "./run-search.ts";

/** Between two tries to enter [ms]. */
const pause = 500;
/** How long hosts are listened for, where no run is named or the named one is not there [s]. */
const listening = 2.5;
/** Longer than a host takes to miss an agent that was killed, with the default heartbeat [s]. */
const missedWithin = 30;

/** The run that is played at the server. @throws EntryError if there are none, or several */
export const onlyRun = async (bus: Bus, seconds: number, signal: AbortSignal): Promise<string> => {
  const until = performance.now() + seconds * 1000;
  let runs: string[] = [];
  do runs = await runsAt(bus, listening, signal);
  while (runs.length === 0 && performance.now() < until && !signal.aborted);
  const [run] = runs;
  if (run !== undefined && runs.length === 1) return run;
  throw new EntryError(
    "AGORA_JOIN_RUN",
    run === undefined
      ? "nobody plays a run at this NATS server"
      : `several runs are played at this NATS server: ${runs.join(", ")}`,
    { fix: run === undefined ? "start one with agora run --nats … --remote …" : "name one with --run" },
  );
};

/** The error for a run that is not there says which are. */
const withRuns = async (bus: Bus, cause: unknown): Promise<unknown> => {
  if (!(cause instanceof EntryError) || cause.code !== "AGORA_JOIN_RUN") return cause;
  const runs = await runsAt(bus, listening);
  if (runs.length === 0) return cause;
  return new EntryError(cause.code, cause.problem, { expected: `one of ${runs.join(", ")}`, cause });
};

export interface Waiting {
  readonly terms: Terms;
  /** [s] */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly onWait: (problem: string) => void;
}

/** The run's configuration, once every agent may enter; undefined if the signal comes first. @throws EntryError, BusError */
export const admitted = async (
  bus: Bus,
  run: string,
  agents: readonly string[],
  { terms, seconds, signal, onWait }: Waiting,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const since = performance.now();
  const mayWait = (cause: unknown): cause is EntryError => {
    if (!(cause instanceof EntryError)) return false;
    const waited = (performance.now() - since) / 1000;
    if (cause.code === "AGORA_JOIN_RUN") return waited < seconds;
    return cause.code === "AGORA_JOIN_PRESENT" && waited < Math.max(seconds, missedWithin);
  };
  let said = "";
  while (!signal.aborted) {
    try {
      let config: Readonly<Record<string, unknown>> = {};
      for (const agent of agents) config = await knock({ bus, run, agent, terms, signal });
      return config;
    } catch (cause) {
      if (signal.aborted) break;
      if (!mayWait(cause)) throw await withRuns(bus, cause);
      if (cause.problem !== said) onWait(cause.problem);
      said = cause.problem;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
};
