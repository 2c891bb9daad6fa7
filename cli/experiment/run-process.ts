/** Plays one run of an experiment as `agora run` or `agora resume` in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Experiment, type PlannedRun, runFolderOf } from "../../experiments/arms/experiment.ts";
import { configFileOf, forgetFailure, stateOf } from "../../experiments/arms/run-state.ts";
import type { RunEnding, RunProcess } from "../../experiments/arms/schedule.ts";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import { EXIT } from "../exit-codes.ts";
import { signalGroup } from "../servers/process-group.ts";
import type { Watchdog } from "../servers/watchdog.ts";

/** Kept of what a process prints [characters]: its result is one line, and its last error is shorter. */
const keptLength = 10_000_000;

/** The program that is running now, for its own processes. */
const program = (): string[] => [...process.execArgv, process.argv[1] ?? "agora"];

const given = (experiment: Experiment, run: PlannedRun): string[] => {
  const begun = existsSync(journalFile(runFolderOf(experiment, run)));
  const { folder, problems } = experiment;
  const what = begun
    ? ["resume", run.config.run, "--runs", folder]
    : ["run", "--config", configFileOf(experiment, run)];
  const measuring = ["--problems", String(problems), "--base-readings", join(folder, "base-readings")];
  return [...what, ...measuring, "--no-page", "--json", "--quiet"];
};

/** The end of everything that a stream prints. */
const tailOf = (stream: NodeJS.ReadableStream | null): (() => string) => {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-keptLength);
  });
  return () => text;
};

const reasons: Readonly<Record<number, string>> = {
  [EXIT.untrained]: "training failed for every member",
  [EXIT.unmeasured]: "no member could be measured",
};

interface Said {
  readonly reason?: string;
  readonly questions?: number;
}

/** The result that the program printed, if it ended with one. */
const saidIn = (out: string): Said => {
  try {
    return JSON.parse(out) as Said;
  } catch {
    return {};
  }
};

/** The run's own words, if it ended with a result; otherwise the program's last error. */
const reasonOf = (out: string, error: string, code: number | null, signal: string | null): string => {
  if (signal !== null) return `ended by ${signal}`;
  const said =
    reasons[code ?? 0] ??
    saidIn(out).reason ??
    error
      .trim()
      .split(/^agora: /m)
      .at(-1);
  return said === undefined || said === "" ? `ended with exit code ${code}` : said;
};

/** A run without a settled question has no result to compare. */
const doneEnding = (out: string): RunEnding =>
  saidIn(out).questions === 0
    ? { ending: "failed", reason: "no question settled: all were void", exit: EXIT.done }
    : { ending: "finished" };

/** `isStopped`: it was asked to stop. Then the signal is no failure, also if it came before the program listened. */
const endingOf = (child: ChildProcess, isStopped: () => boolean): Promise<RunEnding> => {
  const [out, error] = [tailOf(child.stdout), tailOf(child.stderr)];
  return new Promise((resolve) => {
    child.once("error", ({ message }) => resolve({ ending: "failed", reason: message, exit: "not started" }));
    child.once("close", (code, signal) => {
      const exit = code ?? signal ?? "unknown";
      if (code === EXIT.done) resolve(doneEnding(out()));
      else if (code === EXIT.interrupted || (isStopped() && signal !== null)) resolve({ ending: "stopped" });
      else resolve({ ending: "failed", reason: reasonOf(out(), error(), code, signal), exit });
    });
  });
};

/**
 * The process leads a group of its own: Ctrl-C in the terminal reaches it only through `stop`, once. If this process is
 * killed, the watchdog ends it.
 */
export const startRunProcess = (experiment: Experiment, run: PlannedRun, watchdog: Watchdog): RunProcess => {
  forgetFailure(experiment, run);
  const child = spawn(process.execPath, [...program(), ...given(experiment, run)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  let stopped = false;
  if (pid !== undefined) watchdog.watch(pid);
  const ended = endingOf(child, () => stopped).finally(() => {
    if (pid !== undefined) watchdog.forget(pid);
  });
  const stop = (): void => {
    stopped = true;
    if (pid !== undefined) signalGroup(pid, "SIGINT");
  };
  return { ended, stop };
};

/** A run that has not finished, whether or not it was begun. */
export const isOpen = (experiment: Experiment, run: PlannedRun): boolean =>
  stateOf(experiment, run).state !== "finished";
