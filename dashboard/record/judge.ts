/** Judges correctness by the task's ground truth and names the rule, for viewers only; the society never sees them. */
import type { Dossier } from "../../runtime/messages.ts";
import { gradeAtOnce, type Task } from "../../runtime/task.ts";

export interface Judgement {
  readonly truth?: string;
  /** How the question is to be read. */
  readonly rule?: string;
  /** Correctness of each solution, by solution id; empty without ground truth. */
  readonly right: Readonly<Record<string, boolean>>;
}

export type Judge = (dossier: Pick<Dossier, "question" | "text" | "solutions">) => Judgement;

export const knowsNothing: Judge = () => ({ right: {} });

export const judgeOf =
  (task: Pick<Task, "truth" | "grade" | "rule">): Judge =>
  ({ question, text, solutions }) => {
    const truth = task.truth(text);
    if (truth === undefined) return { right: {} };
    const rule = task.rule?.(text);
    const problem = { id: question, question: text, answer: truth };
    const grades = solutions.flatMap(({ solutionId, answer }): [string, boolean][] => {
      const right = gradeAtOnce(task, problem, answer);
      return right === undefined ? [] : [[solutionId, right]];
    });
    return { truth, ...(rule === undefined ? {} : { rule }), right: Object.fromEntries(grades) };
  };
