/** The questions that have ended: a searchable list of them, and each with its full transcript. */

import { keepsContext } from "../../machines/folds/buffer.ts";
import type { Settings } from "../../machines/settings.ts";
import type { Dossier, MessageOf, Solution } from "../../runtime/messages.ts";
import type { OpenQuestion } from "../live/open-question.ts";
import type { SolutionOrigin } from "../origin-view.ts";
import { isPlain, listed, type QuestionsQuery } from "../page/questions/question-query.ts";
import type { QuestionRecord } from "../record/chronicle.ts";
import type { AnsweredFact, Fact, SettledFact } from "../record/facts.ts";
import type { Judge } from "../record/judge.ts";
import type { PromptOf } from "../record/prompt-of.ts";
import type { QuestionLine, QuestionList, QuestionView } from "../view.ts";
import { answerOf } from "./answer.ts";
import type { Fold } from "./fold.ts";
import type { Provenance } from "./provenance.ts";
import { tellingQuestion } from "./telling.ts";

type Settled = MessageOf<"question.settled">;

/** At least one solution is verified and at least one verdict is a refusal. */
const isDisputed = ({ verified, verdicts }: Settled["dossier"]): boolean =>
  verified.length > 0 && verdicts.some(({ verdict }) => verdict === "refuse");

const authorOfWinner = ({ solutions, winner }: Settled["dossier"]): { readonly winner?: string } => {
  const author = solutions.find(({ solutionId }) => solutionId === winner)?.author;
  return author === undefined ? {} : { winner: author };
};

/** Only if it happened: most lines do without the number. */
const misledBy = (
  { verified }: Settled["dossier"],
  right: QuestionView["right"],
): { readonly misled?: number } => {
  const misled = verified.filter((id) => right[id] === false).length;
  return misled === 0 ? {} : { misled };
};

const refusalsIn = ({ solutions, verdicts }: Settled["dossier"]): Pick<QuestionLine, "refusals"> => {
  const authors = new Map(solutions.map(({ solutionId, author }) => [solutionId, author]));
  const refusals = verdicts.flatMap(({ solutionId, verifier, verdict }): [string, string][] => {
    const author = authors.get(solutionId);
    return verdict === "refuse" && author !== undefined ? [[verifier, author]] : [];
  });
  return refusals.length === 0 ? {} : { refusals };
};

const settledLine = (
  { at, dossier, admissions }: Pick<Settled | SettledFact, "at" | "dossier" | "admissions">,
  right: QuestionView["right"],
): QuestionLine => {
  const { question, round, author, difficulty, text, verified, solutions } = dossier;
  return {
    ...{ question, round, at, author, difficulty, text },
    outcome: isDisputed(dossier) ? "disputed" : "settled",
    verified: verified.length,
    solutions: solutions.length,
    admitted: admissions.filter(({ admitted }) => admitted).length,
    ...authorOfWinner(dossier),
    ...misledBy(dossier, right),
    ...refusalsIn(dossier),
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

/** @param askedBy the operator who asked it */
const answeredLine = (
  { at, dossier, reason }: Pick<AnsweredFact, "at" | "dossier" | "reason">,
  right: QuestionView["right"],
  askedBy: string,
): QuestionLine => {
  const line = { ...settledLine({ at, dossier, admissions: [] }, right), askedBy };
  return reason === undefined ? line : { ...line, outcome: "void" };
};

const askedLine = (
  { question, text, operator, from, at }: MessageOf<"operator.asked">,
  round: number,
): QuestionLine => ({
  ...{ question, round, at, author: from, difficulty: 0, text, askedBy: operator, outcome: "open" },
  ...{ verified: 0, solutions: 0, admitted: 0 },
});

export class Questions implements Fold {
  /** Oldest first. */
  readonly #lines: QuestionLine[] = [];
  readonly #kept: number;
  #forgotten = 0;
  /** A person's questions without an answer, by id. */
  readonly #open = new Map<string, QuestionLine>();
  /** By round. */
  readonly #difficulties = new Map<number, number>();
  #round = 0;
  #revision = 0;

  /** @param kept number of the newest questions that it keeps, and of rounds; by default all */
  constructor(kept = Number.POSITIVE_INFINITY) {
    this.#kept = kept;
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    const line = this.#endOf(fact);
    if (line !== undefined) this.#end(line);
    else if (fact.type === "round.opened") this.#openRound(fact);
    else if (fact.type === "operator.asked") this.#open.set(fact.question, askedLine(fact, this.#round));
    // Whoever asked in the other run gets the answer there.
    else if (fact.type === "run.forked") this.#open.clear();
    else return;
    this.#revision += 1;
  }

  /** A person's question without an answer. */
  openLine(question: string): QuestionLine | undefined {
    return this.#open.get(question);
  }

  difficultyOf(round: number): number {
    return this.#difficulties.get(round) ?? 0;
  }

  /** The question to tell of at a time [epoch ms]; it is the same for some seconds. */
  telling(at: number): string | undefined {
    return tellingQuestion(this.#lines, at);
  }

  get hasForgotten(): boolean {
    return this.#forgotten > 0;
  }

  /** Whether a question that has ended is kept. */
  keeps(question: string): boolean {
    return this.#lines.some((line) => line.question === question);
  }

  /** Whether the questions that are kept are enough to list what a query asks for. */
  canList(query: QuestionsQuery): boolean {
    return !this.hasForgotten || (isPlain(query) && query.offset + query.limit <= this.#lines.length);
  }

  /** The matching questions, newest first unless the query sorts them. */
  list(query: QuestionsQuery): QuestionList {
    const { total, lines } = listed([...this.#lines, ...this.#open.values()], query);
    return { total: total + this.#forgotten, lines };
  }

  #openRound({ round, difficulty }: MessageOf<"round.opened">): void {
    this.#round = round;
    this.#difficulties.set(round, difficulty);
    const [oldest] = this.#difficulties.keys();
    if (this.#difficulties.size > this.#kept && oldest !== undefined) this.#difficulties.delete(oldest);
  }

  /** Undefined for a fact that ends no question. */
  #endOf(fact: Fact): QuestionLine | undefined {
    switch (fact.type) {
      case "question.settled":
        return settledLine(fact, fact.marks.right);
      case "question.voided":
        return voidedLine(fact, this.difficultyOf(fact.round));
      case "question.answered": {
        const { question, author } = fact.dossier;
        return answeredLine(fact, fact.marks.right, this.#open.get(question)?.askedBy ?? author);
      }
      default:
        return undefined;
    }
  }

  #end(line: QuestionLine): void {
    this.#open.delete(line.question);
    this.#lines.push(line);
    if (this.#lines.length <= this.#kept) return;
    this.#lines.shift();
    this.#forgotten += 1;
  }
}

export interface QuestionSources {
  readonly judge: Judge;
  /** The person who asked it. */
  readonly askedBy?: string | undefined;
  /** Difficulty of a round, for void questions. */
  readonly difficultyOf: (round: number) => number;
  readonly promptOf: PromptOf;
  readonly provenance: Provenance;
  readonly settings: Settings;
}

const verdictOn = (
  dossier: Dossier,
  askedBy: string | undefined,
): Pick<QuestionView, "askedBy" | "answer"> =>
  askedBy === undefined ? {} : { askedBy, answer: answerOf(dossier) };

/** A question that is under way. */
export const openView = (
  { dossier, phase }: OpenQuestion,
  { judge, askedBy }: Pick<QuestionSources, "judge" | "askedBy">,
  at: number,
): QuestionView => ({
  line: { ...settledLine({ at, dossier, admissions: [] }, {}), outcome: "open" },
  ...{ dossier, admissions: [], phase, ...judge(dossier), ...verdictOn(dossier, askedBy) },
  seconds: Math.max(0, (at - dossier.openedAt) / 1000),
  ...{ adapter: 0, origins: {} },
});

/** A person's question that nobody has under way: at a past time, or after the end of the run. */
export const unansweredView = (line: QuestionLine): QuestionView => ({
  ...{ line, admissions: [], right: {}, seconds: 0, adapter: 0, origins: {} },
  ...(line.askedBy === undefined ? {} : { askedBy: line.askedBy }),
});

const answeredView = (
  record: MessageOf<"question.answered">,
  { judge, askedBy = record.dossier.author }: QuestionSources,
): QuestionView => {
  const { at, dossier, reason } = record;
  const judged = judge(dossier);
  return {
    line: answeredLine(record, judged.right, askedBy),
    ...{ dossier, admissions: [], ...judged, ...verdictOn(dossier, askedBy) },
    ...(reason === undefined ? {} : { reason }),
    seconds: Math.max(0, (at - dossier.openedAt) / 1000),
    ...{ adapter: 0, origins: {} },
  };
};

const originOf = (
  solution: Solution,
  text: string,
  admissions: Settled["admissions"],
  { promptOf, provenance, settings }: QuestionSources,
): SolutionOrigin => {
  const { solutionId, author, examples } = solution;
  const prompt = promptOf(author, text, examples);
  const isSample = admissions.some((admission) => admission.solutionId === solutionId && admission.admitted);
  return {
    ...(prompt === undefined ? {} : { prompt }),
    trained: provenance.trainedBy(solutionId),
    ...(isSample ? { keepsExamples: examples !== "" && keepsContext(solutionId, settings) } : {}),
  };
};

/** One question with its full transcript, from its record. */
export const questionView = (record: QuestionRecord, sources: QuestionSources): QuestionView => {
  const { judge, difficultyOf, provenance } = sources;
  if (record.type === "question.answered") return answeredView(record, sources);
  if (record.type === "question.voided") {
    const { question, text, reason, round, adapter } = record;
    const repeated = reason === "duplicate" ? provenance.firstWith(text) : undefined;
    const known = judge({ question, text, solutions: [] });
    const line = voidedLine(record, difficultyOf(round));
    return {
      ...{ line, admissions: [], reason, ...known, seconds: 0, adapter, origins: {} },
      ...(repeated === undefined ? {} : { repeats: repeated }),
    };
  }
  const { at, dossier, ratings, admissions } = record;
  const seconds = Math.max(0, (at - dossier.openedAt) / 1000);
  const judged = judge(dossier);
  const origins = dossier.solutions.map((solution) => [
    solution.solutionId,
    originOf(solution, dossier.text, admissions, sources),
  ]);
  return {
    ...{ line: settledLine(record, judged.right), dossier, ratings, admissions, ...judged, seconds },
    ...{ adapter: dossier.adapter, origins: Object.fromEntries(origins) },
  };
};
