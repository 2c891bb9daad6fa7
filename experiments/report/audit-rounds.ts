/** The vote against hidden truth, round by round. */
import type { Message } from "../../runtime/messages.ts";
import type { Task } from "../../runtime/task.ts";
import { emptyAudit, foldAudit } from "../audit.ts";

export interface AuditedRound {
  readonly round: number;
  /** Since the run began: wrong solutions, and those of them that the vote accepted. */
  readonly wrong: number;
  readonly acceptedWrong: number;
}

/** Rounds with a settled question, in order; empty if the task knows no answers of posed questions. */
export const auditedRounds = (records: readonly Message[], task: Task | undefined): AuditedRound[] => {
  if (task === undefined) return [];
  const settled = records.filter((record) => record.type === "question.settled");
  const byRound = Map.groupBy(settled, ({ dossier }) => dossier.round);
  let [wrong, acceptedWrong] = [0, 0];
  return [...byRound]
    .toSorted(([left], [right]) => left - right)
    .flatMap(([round, found]) => {
      const audit = found.reduce(foldAudit(task), emptyAudit);
      wrong += audit.offered - audit.right;
      acceptedWrong += audit.verified - audit.verifiedRight;
      return audit.offered === 0 ? [] : [{ round, wrong, acceptedWrong }];
    });
};
