/** The ledger is the sum of the calls in the journal, and no call that succeeded is in it that no endpoint has received. */
import { emptyLedger, foldLedger } from "../../../runtime/model/ledger.ts";
import { type Evidence, isClose, ofType } from "./evidence.ts";

/** Calls in the journal, by member and outcome. */
const meteredBy = ({ records }: Evidence, member: string, outcomes: readonly string[]): number =>
  ofType(records, "call.metered")
    .filter(({ model, outcome }) => model === member && outcomes.includes(outcome))
    .reduce((sum, { calls }) => sum + calls, 0);

export const budgetViolations = (evidence: Evidence): string[] => {
  const { records, received } = evidence;
  const metered = ofType(records, "call.metered");
  const { total } = records.reduce(foldLedger, emptyLedger);
  const sums = (["calls", "promptTokens", "completionTokens", "seconds"] as const).flatMap((figure) => {
    const sum = metered.reduce((all, each) => all + each[figure], 0);
    return isClose(sum / (total[figure] || 1), total[figure] / (total[figure] || 1))
      ? []
      : [`the ledger has ${total[figure]} ${figure}, and its calls sum up to ${sum}`];
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
