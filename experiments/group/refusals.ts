/** Who refuses whom: the verdicts of every verifier on every author, from settled questions. */
import type { Message } from "../../runtime/messages.ts";
import { gradeAtOnce, type Task } from "../../runtime/task.ts";

/**
 * Counts of one verifier's verdicts on one author's solutions. The first refusal ends a solution's verification, so a
 * verifier that is slow is asked less often about what others refuse.
 */
export interface Judgement {
  readonly verifier: string;
  readonly author: string;
  readonly accepted: number;
  readonly refused: number;
  readonly abstained: number;
  /** Of solutions whose question has a known answer. */
  readonly refusedRight: number;
  readonly right: number;
  readonly acceptedWrong: number;
  readonly wrong: number;
}

export type Refusals = Readonly<Record<string, Judgement>>;

export const noRefusals: Refusals = {};

/** Undefined where the answer is not known. */
export type IsRight = (question: string, answer: string) => boolean | undefined;

export const rightnessOf =
  (task: Pick<Task, "truth" | "grade"> | undefined): IsRight =>
  (question, answer) => {
    const truth = task?.truth(question);
    if (task === undefined || truth === undefined) return undefined;
    return gradeAtOnce(task, { id: question, question, answer: truth }, answer);
  };

const nothing = {
  accepted: 0,
  refused: 0,
  abstained: 0,
  refusedRight: 0,
  right: 0,
  acceptedWrong: 0,
  wrong: 0,
};

export const foldRefusals =
  (isRight: IsRight) =>
  (refusals: Refusals, message: Message): Refusals => {
    if (message.type !== "question.settled") return refusals;
    const { dossier } = message;
    const solutions = new Map(dossier.solutions.map((solution) => [solution.solutionId, solution]));
    const next: Record<string, Judgement> = { ...refusals };
    for (const { solutionId, verifier, verdict } of dossier.verdicts) {
      const solution = solutions.get(solutionId);
      if (solution === undefined) continue;
      const { author, answer } = solution;
      const key = `${verifier}\n${author}`;
      const before = next[key] ?? { verifier, author, ...nothing };
      const right = verdict === "abstain" ? undefined : isRight(dossier.text, answer);
      const one = (condition: boolean): number => (condition ? 1 : 0);
      next[key] = {
        ...before,
        accepted: before.accepted + one(verdict === "accept"),
        refused: before.refused + one(verdict === "refuse"),
        abstained: before.abstained + one(verdict === "abstain"),
        right: before.right + one(right === true),
        refusedRight: before.refusedRight + one(right === true && verdict === "refuse"),
        wrong: before.wrong + one(right === false),
        acceptedWrong: before.acceptedWrong + one(right === false && verdict === "accept"),
      };
    }
    return next;
  };

/** Share of verdicts that refuse, without abstentions; undefined if there are none. */
export const refusalShare = ({ accepted, refused }: Judgement): number | undefined =>
  accepted + refused === 0 ? undefined : refused / (accepted + refused);
