/** The outcome of every training job: a fold over the journal. */
import { servedName } from "../machines/folds/weights.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";

export interface JobRecord {
  readonly job: string;
  readonly model: string;
  readonly generation: number;
  readonly version: number;
  readonly samples: number;
  readonly rehearsed: number;
  readonly outcome: "open" | "published" | "rejected" | "failed";
  /** Anchor accuracy, measured by the gate. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly loss?: number | undefined;
  /** Why it was rejected or failed. */
  readonly cause?: string | undefined;
  /** Why the version was withdrawn later. */
  readonly withdrawn?: string | undefined;
  /** From the request to the end [s]. */
  readonly seconds?: number | undefined;
}

interface Timed extends JobRecord {
  readonly at: number;
}

export type Jobs = Readonly<Record<string, Timed>>;

const requested = (message: MessageOf<"training.requested">): Timed => {
  const { job, model, generation, version, samples, rehearsal = [], at } = message;
  const counts = { samples: samples.length, rehearsed: rehearsal.length };
  return { job, model, generation, version, ...counts, outcome: "open", at };
};

const ended = (jobs: Jobs, job: string, at: number, end: Partial<JobRecord>): Jobs => {
  const known = jobs[job];
  return known === undefined
    ? jobs
    : { ...jobs, [job]: { ...known, ...end, seconds: (at - known.at) / 1000 } };
};

const withdrawn = (jobs: Jobs, { model, version, cause }: MessageOf<"adapter.withdrawn">): Jobs => {
  const name = servedName(model, version);
  const found = Object.values(jobs).find((job) => servedName(job.model, job.version) === name);
  return found === undefined ? jobs : { ...jobs, [found.job]: { ...found, withdrawn: cause } };
};

export const foldJobs = (jobs: Jobs, message: Message): Jobs => {
  switch (message.type) {
    case "training.requested":
      return { ...jobs, [message.job]: requested(message) };
    case "adapter.published": {
      const { job, at, before, after, loss } = message;
      return ended(jobs, job, at, { outcome: "published", before, after, loss });
    }
    case "adapter.rejected": {
      const { job, at, before, after, cause } = message;
      return ended(jobs, job, at, { outcome: "rejected", before, after, cause });
    }
    case "training.failed":
      return ended(jobs, message.job, message.at, { outcome: "failed", cause: message.cause });
    case "adapter.withdrawn":
      return withdrawn(jobs, message);
    default:
      return jobs;
  }
};

/** In the order of the requests. */
export const jobsIn = (records: readonly Message[]): JobRecord[] =>
  Object.values(records.reduce(foldJobs, {} as Jobs)).map(({ at: _, ...job }) => job);

/** Whether training was requested, at least one job failed and no job reached the gate. */
export const allFailed = (jobs: readonly JobRecord[]): boolean =>
  jobs.some(({ outcome }) => outcome === "failed") &&
  jobs.every(({ outcome }) => outcome === "failed" || outcome === "open");
