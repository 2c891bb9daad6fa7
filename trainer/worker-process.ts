/**
 * One Python worker as a child process, from its start to its end.
 *
 * 1. Whoever is asked to leave gets SIGTERM, and SIGKILL after the grace period: an end always comes.
 * 2. A worker that says nothing for too long, or something that is none of its lines, is asked to leave.
 * 3. The worker holds our stdin pipe: should this process die, it leaves by itself, with a checkpoint.
 * 4. The promise settles when the process is gone and its output read, never earlier.
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
  /** File that stderr is appended to. */
  readonly log: string;
  /** Longest time without a line [s]. */
  readonly silenceSeconds: number;
  /** Between SIGTERM and SIGKILL [s]. */
  readonly graceSeconds: number;
  readonly onLine: (line: WorkerLine) => void;
}

export interface WorkerEnd {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly last: WorkerLine | undefined;
  /** Why it was asked to leave, where it was. */
  readonly cause: unknown;
}

/** Aborting asks the worker to leave. @throws TrainingError `worker-unstartable`. */
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
    // A worker that is gone closes the pipe under us.
    child.stdin?.on("error", () => {});
    if (child.stdout) createInterface({ input: child.stdout }).on("line", hear);
  });

const silent = ({ silenceSeconds }: WorkerStart): TrainingError =>
  new TrainingError(
    "worker-silent",
    `The training worker said nothing for ${silenceSeconds} s, so it was ended. See its log; raise trainerSilenceSeconds where a step may take longer.`,
    { permanent: false },
  );

const unstartable = (command: string, cause: Error): TrainingError =>
  new TrainingError(
    "worker-unstartable",
    `The training worker cannot be started: ${cause.message}. Set trainerPython to a Python with the packages of trainer/pyproject.toml (${command} is none).`,
    { cause, permanent: true },
  );

/** The last line on stderr, for workers that died without a word. */
export const lastWords = (log: string): string => {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").at(-1)?.slice(0, 300) ?? "";
  } catch {
    return "";
  }
};
