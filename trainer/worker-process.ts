/**
 * Runs one Python worker as a child process.
 *
 * 1. Stopping a worker sends SIGTERM and, after the grace period, SIGKILL.
 * 2. A worker that writes nothing for too long, or an unknown line, is stopped.
 * 3. If this process dies, the worker's stdin closes and it stops with a checkpoint.
 * 4. The promise settles only after the worker's process has ended and its output is read.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { TrainingError } from "../runtime/training.ts";
import { parseLine, type WorkerLine } from "./worker-lines.ts";

export interface WorkerStart {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** File to which stderr is appended. */
  readonly log: string;
  /** Longest time without a line [s]. */
  readonly silenceSeconds: number;
  /** Time between SIGTERM and SIGKILL [s]. */
  readonly graceSeconds: number;
  readonly onLine: (line: WorkerLine) => void;
}

export interface WorkerEnd {
  /** Exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly last: WorkerLine | undefined;
  /** The reason for stopping it; undefined: it was not stopped. */
  readonly cause: unknown;
}

/** An abort stops the worker. @throws TrainingError `worker-unstartable`. */
export const runWorker = async (start: WorkerStart, signal: AbortSignal): Promise<WorkerEnd> => {
  const child = spawnWorker(start);
  let last: WorkerLine | undefined;
  let cause: unknown;
  let killing: NodeJS.Timeout | undefined;
  const dismiss = (reason: unknown): void => {
    if (killing !== undefined) return;
    cause = reason;
    child.kill("SIGTERM");
    killing = setTimeout(() => child.kill("SIGKILL"), start.graceSeconds * 1000);
  };
  const silence = setTimeout(() => dismiss(silent(start)), start.silenceSeconds * 1000);
  const leave = (): void => dismiss(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  const hear = (text: string): void => {
    silence.refresh();
    try {
      last = parseLine(text);
      start.onLine(last);
    } catch (reason) {
      dismiss(reason);
    }
  };
  try {
    const { status, killedBy } = await endOf(child, start.command, hear);
    return { status, killedBy, last, cause };
  } finally {
    clearTimeout(silence);
    clearTimeout(killing);
    signal.removeEventListener("abort", leave);
  }
};

const spawnWorker = ({ command, arguments: words, environment, log }: WorkerStart): ChildProcess => {
  const stderr = openSync(log, "a");
  try {
    return spawn(command, words, { env: { ...environment }, stdio: ["pipe", "pipe", stderr] });
  } finally {
    closeSync(stderr);
  }
};

type Ending = Pick<WorkerEnd, "status" | "killedBy">;

const endOf = (child: ChildProcess, command: string, hear: (text: string) => void): Promise<Ending> =>
  new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(unstartable(command, cause)));
    child.once("close", (status, killedBy) => resolve({ status, killedBy }));
    // The pipe breaks when the worker ends.
    child.stdin?.on("error", () => {});
    if (child.stdout) createInterface({ input: child.stdout }).on("line", hear);
  });

const silent = ({ silenceSeconds }: WorkerStart): TrainingError =>
  new TrainingError(
    "worker-silent",
    `the training worker wrote nothing for ${silenceSeconds} s and was stopped`,
    { fix: "see its log; raise trainerSilenceSeconds if a step takes longer", permanent: false },
  );

const unstartable = (command: string, cause: Error): TrainingError =>
  new TrainingError(
    "worker-unstartable",
    `the training worker cannot be started with ${command}: ${cause.message}`,
    {
      fix: "set trainerPython to a Python with the packages of trainer/pyproject.toml",
      cause,
      permanent: true,
    },
  );

/** The last line on stderr. */
export const lastWords = (log: string): string => {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").at(-1)?.slice(0, 300) ?? "";
  } catch {
    return "";
  }
};
