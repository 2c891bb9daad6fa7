/**
 * Whether the society still makes progress: counts rounds in a row in which every question was void. A round without
 * a question, because those who pose them are absent, counts neither way.
 */
import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";
import type { Message } from "../../runtime/messages.ts";

/** The run makes no progress. Settled questions are kept, and the run can be resumed when the cause is removed. */
export class StuckError extends AgoraError<"AGORA_STUCK"> {
  constructor(problem: string, options?: AgoraErrorOptions) {
    super("AGORA_STUCK", problem, options);
  }
}

export interface Prospects {
  /** Rounds in a row without a settled question. */
  readonly barren: number;
  /** Why questions were void in those rounds, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

export const freshProspects: Prospects = { barren: 0, reasons: {} };

export const foldProspects = (prospects: Prospects, message: Message): Prospects => {
  const { barren, reasons } = prospects;
  switch (message.type) {
    case "question.settled":
      return barren === 0 && Object.keys(reasons).length === 0 ? prospects : freshProspects;
    case "question.voided":
      return { barren, reasons: { ...reasons, [message.reason]: (reasons[message.reason] ?? 0) + 1 } };
    case "round.closed":
      if (message.settled > 0) return freshProspects;
      return message.voided > 0 ? { barren: barren + 1, reasons } : prospects;
    default:
      return prospects;
  }
};

/** Rounds without a settled question after which a run counts as stuck. */
const patience = 3;

/** Why the society makes no progress, in words; undefined while it does. */
export const stuckReason = (prospects: Prospects): string | undefined =>
  prospects.barren < patience ? undefined : barrenReason(prospects);

/** Why no question of these rounds was settled, in words. */
export const barrenReason = ({ barren, reasons }: Prospects): string => {
  const all = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  const [commonest = ["unknown", 0]] = Object.entries(reasons).toSorted(
    ([, left], [, right]) => right - left,
  );
  return `all ${all} questions of ${barren} rounds in a row were void, ${commonest[1]} of them because: ${commonest[0].replace(/\.$/, "")}`;
};
