/**
 * The budget that the run reports is the sum of the calls in its journal, and no successful call is charged that no
 * endpoint has received.
 */
import { type Evidence, isClose, ofType } from "./evidence.ts";

const figures = ["calls", "promptTokens", "completionTokens", "seconds"] as const;

/** Calls in the journal, by member and outcome. */
const meteredBy = ({ records }: Evidence, member: string, outcomes: readonly string[]): number =>
  ofType(records, "call.metered")
    .filter(({ model, outcome }) => model === member && outcomes.includes(outcome))
    .reduce((sum, { calls }) => sum + calls, 0);

/** Sums of seconds differ in their last digits. */
const isSum = (reported: number, sum: number): boolean =>
  isClose(reported / Math.max(1, sum), sum / Math.max(1, sum));

export const budgetViolations = (evidence: Evidence): string[] => {
  const { records, received, reported } = evidence;
  const metered = ofType(records, "call.metered");
  const sums = figures.flatMap((figure) => {
    const sum = metered.reduce((all, each) => all + each[figure], 0);
    if (isSum(reported[figure], sum)) return [];
    return [`the run reports ${reported[figure]} ${figure}, and its calls sum up to ${sum}`];
  });
  const unheard = [...received].flatMap(([member, calls]) => {
    const done = meteredBy(evidence, member, ["done"]);
    return done <= calls
      ? []
      : [`${member} is charged for ${done} calls, and its endpoint has received ${calls}`];
  });
  return [...sums, ...unheard];
};

/** Calls that endpoints have received and the journal lacks: those of a process that was killed, or cut off. */
export const unmetered = (evidence: Evidence): number =>
  [...evidence.received].reduce(
    (sum, [member, calls]) =>
      sum + Math.max(0, calls - meteredBy(evidence, member, ["done", "failed", "aborted"])),
    0,
  );
