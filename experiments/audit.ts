/** Compares the consensus with exact answers that the society never sees: a fold over settled questions. */
import { verifiedSolutions } from "../machines/folds/dossier.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";
import { gradeAtOnce, type Task } from "../runtime/task.ts";

/** Counts of solutions whose question has a known exact answer. */
export interface Audit {
  readonly offered: number;
  readonly right: number;
  readonly verified: number;
  /** Verified and right. */
  readonly verifiedRight: number;
  /** Verified solutions whose steps can all be judged, and those of them whose steps are all right. */
  readonly judged: number;
  readonly sound: number;
}

/** The part of a task that knows right answers and steps. */
type Truth = Pick<Task, "truth" | "grade" | "sound">;

export const emptyAudit: Audit = { offered: 0, right: 0, verified: 0, verifiedRight: 0, judged: 0, sound: 0 };

const auditOf = ({ dossier }: MessageOf<"question.settled">, task: Truth): Audit => {
  const truth = task.truth(dossier.text);
  if (truth === undefined) return emptyAudit;
  const problem = { id: dossier.question, question: dossier.text, answer: truth };
  const right = new Set(
    dossier.solutions
      .filter(({ answer }) => gradeAtOnce(task, problem, answer))
      .map(({ solutionId }) => solutionId),
  );
  const verdicts = verifiedSolutions(dossier).map(({ text }) => task.sound?.(dossier.text, text));
  return {
    offered: dossier.solutions.length,
    right: right.size,
    verified: dossier.verified.length,
    verifiedRight: dossier.verified.filter((solutionId) => right.has(solutionId)).length,
    judged: verdicts.filter((isSound) => isSound !== undefined).length,
    sound: verdicts.filter((isSound) => isSound === true).length,
  };
};

const sum = (left: Audit, right: Audit): Audit => ({
  offered: left.offered + right.offered,
  right: left.right + right.right,
  verified: left.verified + right.verified,
  verifiedRight: left.verifiedRight + right.verifiedRight,
  judged: left.judged + right.judged,
  sound: left.sound + right.sound,
});

export const foldAudit =
  (task: Truth) =>
  (audit: Audit, message: Message): Audit =>
    message.type === "question.settled" ? sum(audit, auditOf(message, task)) : audit;

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

/** Share of offered solutions that are right: what the group would learn from without verification. */
export const rawOf = ({ right, offered }: Audit): number | undefined => share(right, offered);

/** Share of unanimously verified solutions that are right. */
export const precisionOf = ({ verifiedRight, verified }: Audit): number | undefined =>
  share(verifiedRight, verified);

/** Share of unanimously verified solutions in which every step is right. */
export const soundnessOf = ({ sound, judged }: Audit): number | undefined => share(sound, judged);

const percent = (value: number | undefined): string =>
  value === undefined ? "–" : `${(100 * value).toFixed(1)}%`;

export const auditLine = (audit: Audit): string =>
  `${percent(precisionOf(audit))} of verified solutions are right, ${percent(rawOf(audit))} of all`;
