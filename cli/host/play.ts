/** One run from start to result: plays the society, then measures what it has learned. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyAudit, foldAudit } from "../../experiments/audit.ts";
import { BaseReadings } from "../../experiments/base-readings.ts";
import { emptyCourse, foldCourse } from "../../experiments/course.ts";
import { jobsIn } from "../../experiments/jobs.ts";
import { panelAuditIn } from "../../experiments/let-through.ts";
import { emptyLineage, foldLineage, updatesIn } from "../../experiments/lineage.ts";
import { measureRun } from "../../experiments/measure.ts";
import type { Measures } from "../../experiments/measures.ts";
import type { RunResult } from "../../experiments/result.ts";
import { factsOf } from "../../experiments/result-facts.ts";
import { emptyUsage, foldUsage } from "../../experiments/usage.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { type Parts, type Run, type RunOptions, startRun } from "./host.ts";
import type { Opening } from "./open-journal.ts";

export interface PlayOptions {
  readonly config: Config;
  readonly parts: Parts;
  readonly resume?: boolean;
  /** With `resume`: the goals of the configuration replace the earlier ones. */
  readonly extend?: boolean;
  /** Members that join from other processes. */
  readonly remote?: readonly string[];
  /** As in `RunOptions`. */
  readonly takeOver?: boolean | undefined;
  readonly lost?: Promise<Error> | undefined;
  /** Stops the society or the measuring. */
  readonly signal?: AbortSignal;
  /** Problems of the in-domain benchmark; 0 measures nothing. */
  readonly problems: number;
  readonly brief?: boolean;
  /** Folder of readings of base models that several runs share; default: the run measures its own. */
  readonly baseReadings?: string | undefined;
  readonly onMessage?: (message: Message) => void;
  readonly onTrouble?: (where: string, cause: unknown) => void;
  /** As in `Opening`. */
  readonly onLocked?: Opening["onLocked"];
  /** Called when the run has started. */
  readonly onStart?: (run: Run) => void;
  /** Observes every actor from its start. */
  readonly inspect?: RunOptions["inspect"];
  readonly onMeasuring?: () => void;
}

export const readRecords = (folder: string): Message[] => {
  const journal = JournalReader.openReadOnly(folder);
  try {
    return Array.from(journal.records(), ({ message }) => message);
  } finally {
    journal.close();
  }
};

const countOf = (records: readonly Message[], type: Message["type"]): number =>
  records.filter((record) => record.type === type).length;

const never = new AbortController().signal;

/** With `baseReadings`, what other runs have read of the base models is kept in this run's journal first. */
const measureShared = async (
  run: Run,
  { config, parts, problems, brief = false, signal = never, baseReadings }: PlayOptions,
): Promise<Measures> => {
  const extent = `${problems} problems${brief ? ", in-domain only" : ""}`;
  const shared = baseReadings === undefined ? undefined : new BaseReadings(baseReadings, config, extent);
  let complete = false;
  try {
    for (const taken of (await shared?.open(readRecords(run.folder), signal)) ?? []) run.keep(taken);
    const keep = (draft: Parameters<Run["keep"]>[0]): void => {
      run.keep(draft);
      if (draft.type === "measure.taken") shared?.keep(draft);
    };
    const subjects = { tools: run.tools, task: parts.task, members: run.members() };
    const options = { problems, seed: config.seed, brief, keep, signal };
    const measures = await measureRun(subjects, readRecords(run.folder), options);
    complete = Object.keys(measures.unmeasured).length === 0;
    return measures;
  } finally {
    shared?.close(complete);
  }
};

/** Measures a finished run; undefined if its user interrupts the measuring. */
const measure = async (run: Run, options: PlayOptions): Promise<Measures | undefined> => {
  try {
    const measures = await measureShared(run, options);
    run.keep({ type: "run.measured", unmeasured: measures.unmeasured, interrupted: false });
    return measures;
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    run.keep({ type: "run.measured", unmeasured: {}, interrupted: true });
    return undefined;
  }
};

/**
 * The result file is a convenience: the journal holds everything in it, and a full disk must not hide how the run ended.
 * It is whole or not there.
 * @returns the result, with the reason if its file could not be written
 */
const written = (result: RunResult): RunResult => {
  const file = join(result.folder, "result.json");
  const part = `${file}.part`;
  try {
    writeFileSync(part, `${JSON.stringify(factsOf(result), null, 2)}\n`);
    renameSync(part, file);
    return result;
  } catch (cause) {
    rmSync(part, { force: true });
    return { ...result, unwritten: cause instanceof Error ? cause.message : String(cause) };
  }
};

/** The part of a result that is computed from the journal. */
const journalFacts = (records: readonly Message[], { task }: Parts, config: Config) => ({
  audit: records.reduce(foldAudit(task), emptyAudit),
  panelAudit: panelAuditIn(records, config),
  course: records.reduce(foldCourse, emptyCourse),
  jobs: jobsIn(records),
  usage: records.reduce(foldUsage, emptyUsage),
  updates: updatesIn(records.reduce(foldLineage, emptyLineage)),
  rounds: countOf(records, "round.closed"),
  questions: countOf(records, "question.settled"),
});

/** Plays a run to its end; rejects only if it cannot be started. */
export const playRun = async (options: PlayOptions): Promise<RunResult> => {
  const { config, parts, resume = false, extend = false, problems } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);
  const startedAt = performance.now();
  const since = () => (performance.now() - startedAt) / 1000;
  let firstSettledSeconds: number | undefined;
  const run = await startRun(
    {
      ...{ config, resume, extend, remote: options.remote, takeOver: options.takeOver, lost: options.lost },
      onMessage: (message) => {
        if (message.type === "question.settled") firstSettledSeconds ??= since();
        options.onMessage?.(message);
      },
      ...(options.onTrouble ? { onTrouble: options.onTrouble } : {}),
      ...(options.inspect ? { inspect: options.inspect } : {}),
      onStop: () => stopping.abort(),
      ...(options.onLocked ? { onLocked: options.onLocked } : {}),
      signal,
    },
    parts,
  );
  const stop = (): void => void run.stop();
  signal.addEventListener("abort", stop);
  // The signal may have come while the run started.
  if (signal.aborted) stop();
  try {
    options.onStart?.(run);
    const end = await run.ended;
    const playSeconds = since();
    const isMeasured = end.outcome === "finished" && problems > 0 && parts.task.benchmarks.length > 0;
    if (isMeasured) options.onMeasuring?.();
    const measures = isMeasured ? await measure(run, { ...options, signal }) : undefined;
    return written({
      ...{ run: config.run, folder: run.folder, end, measures, playSeconds, firstSettledSeconds },
      measuring: !isMeasured ? "none" : measures === undefined ? "interrupted" : "done",
      ...journalFacts(readRecords(run.folder), parts, config),
      seconds: since(),
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await run.close();
  }
};
