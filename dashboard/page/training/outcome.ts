/** Badges for the outcomes of jobs. */
import type { JobView } from "../../view.ts";
import type { BadgeProps } from "../parts/badge.ts";
import { plainWord } from "../text/plain-words.ts";

const outcomes: Readonly<Record<NonNullable<JobView["outcome"]>, BadgeProps>> = {
  published: { tone: "good", sign: "✓", text: "published" },
  rejected: { tone: "bad", sign: "✗", text: "rejected" },
  failed: { tone: "bad", sign: "!", text: "failed" },
  withdrawn: { tone: "warn", sign: "↩", text: "rolled back" },
};

export const stateOf = ({ spans }: JobView): string => spans.at(-1)?.state ?? "queued";

export const outcomeOf = (job: JobView): BadgeProps =>
  job.outcome === undefined
    ? { tone: "plain", sign: "…", text: plainWord(stageOf(stateOf(job))) }
    : outcomes[job.outcome];

/** The outermost state of a job: `training.stepping` is drawn as `training`. */
export const stageOf = (state: string): string => state.split(".", 1)[0] ?? state;
