/** The questions that have ended: a searchable list of them, and each with its full transcript. */
import type { MessageOf } from "../../runtime/messages.ts";
import type { QuestionRecord } from "../record/chronicle.ts";
import type { Fact, SettledFact } from "../record/facts.ts";
import type { Judge } from "../record/judge.ts";
import type { QuestionLine, QuestionList, QuestionView } from "../view.ts";
import type { Fold } from "./fold.ts";

export interface QuestionsQuery {
  readonly outcome?: QuestionLine["outcome"] | undefined;
  readonly author?: string | undefined;
  /** Bounds of the difficulty, inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Case-insensitive part of the question's text or id. */
  readonly text?: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

type Settled = MessageOf<"question.settled">;

/** At least one solution is verified and at least one verdict is a refusal. */
const isDisputed = ({ verified, verdicts }: Settled["dossier"]): boolean =>
  verified.length > 0 && verdicts.some(({ verdict }) => verdict === "refuse");

const authorOfWinner = ({ solutions, winner }: Settled["dossier"]): { readonly winner?: string } => {
  const author = solutions.find(({ solutionId }) => solutionId === winner)?.author;
  return author === undefined ? {} : { winner: author };
};

const settledLine = ({ at, dossier, admissions }: Settled | SettledFact): QuestionLine => {
  const { question, round, author, difficulty, text, verified, solutions } = dossier;
  return {
    ...{ question, round, at, author, difficulty, text },
    outcome: isDisputed(dossier) ? "disputed" : "settled",
    verified: verified.length,
    solutions: solutions.length,
    admitted: admissions.filter(({ admitted }) => admitted).length,
    ...authorOfWinner(dossier),
  };
};

/** A void question has no dossier, so it gets its round's difficulty. */
const voidedLine = (
  { question, round, at, author, text }: MessageOf<"question.voided">,
  difficulty: number,
): QuestionLine => ({
  ...{ question, round, at, author, difficulty, text },
  ...{ outcome: "void", verified: 0, solutions: 0, admitted: 0 },
});

const matches =
  ({ outcome, author, from, to, text }: QuestionsQuery) =>
  (line: QuestionLine): boolean =>
    (outcome === undefined || line.outcome === outcome) &&
    (author === undefined || line.author === author) &&
    (from === undefined || line.difficulty >= from) &&
    (to === undefined || line.difficulty <= to) &&
    (text === undefined || `${line.text}\n${line.question}`.toLowerCase().includes(text.toLowerCase()));

export class Questions implements Fold {
  readonly #lines: QuestionLine[] = [];
  readonly #difficulties = new Map<number, number>();

  get revision(): number {
    return this.#lines.length;
  }

  accept(fact: Fact): void {
    if (fact.type === "round.opened") this.#difficulties.set(fact.round, fact.difficulty);
    if (fact.type === "question.settled") this.#lines.push(settledLine(fact));
    if (fact.type === "question.voided") {
      this.#lines.push(voidedLine(fact, this.#difficulties.get(fact.round) ?? 0));
    }
  }

  difficultyOf(round: number): number {
    return this.#difficulties.get(round) ?? 0;
  }

  /** The matching questions, newest first. */
  list(query: QuestionsQuery): QuestionList {
    const found = this.#lines.filter(matches(query)).toReversed();
    return { total: found.length, lines: found.slice(query.offset, query.offset + query.limit) };
  }
}

export interface QuestionSources {
  readonly judge: Judge;
  /** Difficulty of a round, for void questions. */
  readonly difficultyOf: (round: number) => number;
}

/** One question with its full transcript, from its record. */
export const questionView = (
  record: QuestionRecord,
  { judge, difficultyOf }: QuestionSources,
): QuestionView => {
  if (record.type === "question.voided") {
    const { question, text, reason, round } = record;
    const known = judge({ question, text, solutions: [] });
    const line = voidedLine(record, difficultyOf(round));
    return { line, admissions: [], reason, ...known, seconds: 0 };
  }
  const { at, dossier, ratings, admissions } = record;
  const seconds = Math.max(0, (at - dossier.openedAt) / 1000);
  return { line: settledLine(record), dossier, ratings, admissions, ...judge(dossier), seconds };
};
