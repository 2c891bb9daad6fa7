/** Whether a member still answers: failures in a row, for each kind of work that others wait for. */
import type { Settings } from "../settings.ts";
import type { Pose, Solve, Verify, Work } from "../work.ts";
import type { WorkEnded } from "../work-order.ts";

type Ended = WorkEnded["ended"];

/** Kinds of work that others wait for: without a batch the round is lost, without a verdict the solution. */
export type Due = Pose | Solve | Verify;
export type Failures = Readonly<Record<Due["kind"], number>>;

export const noFailures: Failures = { pose: 0, solve: 0, verify: 0 };

const isDue = (work: Work): work is Due => ["pose", "solve", "verify"].includes(work.kind);

const withEnded = (failures: Failures, { work, outcome }: Ended[number]): Failures => {
  if (!isDue(work) || outcome === "dropped") return failures;
  const count = outcome === "done" ? 0 : failures[work.kind] + 1;
  return count === failures[work.kind] ? failures : { ...failures, [work.kind]: count };
};

/** A success resets the failures of its kind. */
export const countFailures = (failures: Failures, ended: Ended): Failures =>
  ended.reduce(withEnded, failures);

/** The failed work that makes a member absent, and the number of failures in a row; undefined if it stays present. */
export const lapseOf = (
  failures: Failures,
  ended: Ended,
  { absentAfter }: Settings,
): { readonly work: Due; readonly failures: number; readonly cause: string } | undefined => {
  const last = ended.at(-1);
  if (last?.outcome !== "failed" || !isDue(last.work) || absentAfter === 0) return undefined;
  const count = countFailures(failures, ended)[last.work.kind];
  return count < absentAfter ? undefined : { work: last.work, failures: count, cause: last.cause };
};

const firstPause = 1;
const longestPause = 60;

/** How long an absent member waits before its next try: doubled each time [s]. */
export const pauseBefore = (tries: number): number => Math.min(firstPause * 2 ** tries, longestPause);
