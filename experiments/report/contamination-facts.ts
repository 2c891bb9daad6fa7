/** Contamination of a run: questions that were void because a benchmark has them, and a check of those that were not. */
import type { Message } from "../../runtime/messages.ts";
import type { Task } from "../../runtime/task.ts";

export interface Contamination {
  readonly posed: number;
  readonly voided: number;
  /** Void questions by the first words of their reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Void because a benchmark or the anchor has them. */
  readonly contaminated: number;
  /** Settled questions that the task would refuse now; undefined if the task is not known. */
  readonly leaked: number | undefined;
}

const kindOf = (reason: string): string => reason.split(/[:(]/, 1)[0]?.trim() || "no reason";

export const contaminationIn = (records: readonly Message[], task: Task | undefined): Contamination => {
  const voided = records.filter((record) => record.type === "question.voided");
  const settled = records.filter((record) => record.type === "question.settled");
  const kinds = Map.groupBy(voided, ({ reason }) => kindOf(reason));
  const reasons = Object.fromEntries([...kinds].map(([kind, found]) => [kind, found.length]));
  return {
    posed: voided.length + settled.length,
    voided: voided.length,
    reasons,
    contaminated: reasons.contaminated ?? 0,
    leaked:
      task === undefined
        ? undefined
        : settled.filter(({ dossier }) => task.contamination(dossier.text) !== undefined).length,
  };
};
