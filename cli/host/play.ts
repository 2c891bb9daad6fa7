/** One run from start to result: plays the society, then measures what it has learned. */

import { emptyAudit, foldAudit } from "../../experiments/audit.ts";
import { emptyCourse, foldCourse } from "../../experiments/course.ts";
import { emptyLineage, foldLineage, updatesIn } from "../../experiments/lineage.ts";
import { measureRun } from "../../experiments/measure.ts";
import type { RunResult } from "../../experiments/result.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { type Parts, type Run, type RunOptions, startRun } from "./host.ts";

export interface PlayOptions {
  readonly config: Config;
  readonly parts: Parts;
  readonly resume?: boolean;
  /** Problems of the in-domain benchmark; 0 measures nothing. */
  readonly problems: number;
  readonly brief?: boolean;
  readonly onMessage?: (message: Message) => void;
  readonly onTrouble?: (where: string, cause: unknown) => void;
  /** Called once the run is up. */
  readonly onStart?: (run: Run) => void;
  /** Another observer of every actor, from its first moment on. */
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

/** Plays a run to its end; rejects only where it cannot be started. */
export const playRun = async (options: PlayOptions): Promise<RunResult> => {
  const { config, parts, resume = false, problems, brief = false } = options;
  const startedAt = performance.now();
  const since = () => (performance.now() - startedAt) / 1000;
  let firstSettledSeconds: number | undefined;
  const run = await startRun(
    {
      config,
      resume,
      onMessage: (message) => {
        if (message.type === "question.settled") firstSettledSeconds ??= since();
        options.onMessage?.(message);
      },
      ...(options.onTrouble ? { onTrouble: options.onTrouble } : {}),
      ...(options.inspect ? { inspect: options.inspect } : {}),
    },
    parts,
  );
  try {
    options.onStart?.(run);
    const end = await run.ended;
    const playSeconds = since();
    const records = readRecords(run.folder);
    const finished = end.outcome === "finished" && problems > 0 && parts.task.benchmarks.length > 0;
    if (finished) options.onMeasuring?.();
    const measuring = { problems, seed: config.seed, brief };
    const subjects = { tools: run.tools, task: parts.task, members: run.members() };
    const measures = finished ? await measureRun(subjects, records, measuring) : undefined;
    return {
      ...{ run: config.run, folder: run.folder, end, measures, playSeconds, firstSettledSeconds },
      audit: records.reduce(foldAudit(parts.task), emptyAudit),
      course: records.reduce(foldCourse, emptyCourse),
      updates: updatesIn(records.reduce(foldLineage, emptyLineage)),
      rounds: countOf(records, "round.closed"),
      questions: countOf(records, "question.settled"),
      seconds: since(),
    };
  } finally {
    await run.close();
  }
};
