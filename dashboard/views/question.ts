/** One question with its full transcript, from its record. */
import type { QuestionRecord } from "../record/chronicle.ts";
import type { Judge } from "../record/judge.ts";
import type { QuestionView } from "../view.ts";
import { settledLine, voidedLine } from "./questions.ts";

export interface QuestionSources {
  readonly judge: Judge;
  /** Difficulty of a round, for void questions. */
  readonly difficultyOf: (round: number) => number;
}

export const questionView = (
  record: QuestionRecord,
  { judge, difficultyOf }: QuestionSources,
): QuestionView => {
  if (record.type === "question.voided") {
    const { question, text, reason, round } = record;
    const { truth } = judge({ question, text, solutions: [] });
    const known = truth === undefined ? {} : { truth };
    const line = voidedLine(record, difficultyOf(round));
    return { line, admissions: [], reason, ...known, right: {}, seconds: 0 };
  }
  const { at, dossier, ratings, admissions } = record;
  const seconds = Math.max(0, (at - dossier.openedAt) / 1000);
  return { line: settledLine(record), dossier, ratings, admissions, ...judge(dossier), seconds };
};
