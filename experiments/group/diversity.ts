/** How different the solutions of a group are: a fold over settled questions with at least two solutions. */
import type { Message } from "../../runtime/messages.ts";

export interface Diversity {
  readonly questions: number;
  /** Sums over questions of distinct texts, and of distinct answers, less one by solutions less one: 0 all alike, 1 none. */
  readonly texts: number;
  readonly answers: number;
}

export const noDiversity: Diversity = { questions: 0, texts: 0, answers: 0 };

/** 0: all are alike, 1: all differ. */
const variety = (values: readonly string[]): number => (new Set(values).size - 1) / (values.length - 1);

export const foldDiversity = (diversity: Diversity, message: Message): Diversity => {
  if (message.type !== "question.settled" || message.dossier.solutions.length < 2) return diversity;
  const { solutions } = message.dossier;
  return {
    questions: diversity.questions + 1,
    texts: diversity.texts + variety(solutions.map(({ text }) => text.trim())),
    answers: diversity.answers + variety(solutions.map(({ answer }) => answer.trim())),
  };
};

/** Means over questions, each in [0, 1]; undefined without questions. */
export const diversityOf = ({ questions, texts, answers }: Diversity) =>
  questions === 0 ? undefined : { texts: texts / questions, answers: answers / questions };
