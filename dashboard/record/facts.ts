/**
 * A fact is a message without the texts that only a question's own page shows, so ten thousand facts fit in memory.
 * It remains a message, so the folds of machines/ and runtime/ can read it like a journal record.
 */
import type { Dossier, Message, MessageOf } from "../../runtime/messages.ts";
import type { Judge } from "./judge.ts";

/** Number of the newest questions of which a run that plays keeps more than sums for its page. */
export const recentQuestions = 500;

/** Values computed from the texts before they are removed. */
export interface Marks {
  /** Length of each solution in characters, by solution id. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Correctness of each solution, by solution id; empty without ground truth. */
  readonly right: Readonly<Record<string, boolean>>;
}

export type SettledFact = MessageOf<"question.settled"> & { readonly marks: Marks };
export type AnsweredFact = MessageOf<"question.answered"> & { readonly marks: Marks };
export type JoinedFact = Omit<MessageOf<"agent.joined">, "machine"> & {
  readonly chart: string;
};

/** Without the answers, which are for reports: there are thousands of them. */
export type MeasureFact = MessageOf<"measure.taken" | "measure.progressed"> & {
  /** Answers in all, and right ones. */
  readonly asked: number;
  readonly right: number;
};

export type Fact =
  | Exclude<
      Message,
      MessageOf<
        "question.settled" | "question.answered" | "agent.joined" | "measure.taken" | "measure.progressed"
      >
    >
  | SettledFact
  | AnsweredFact
  | MeasureFact
  | JoinedFact;

/** Keeps the answers, of which a verdict is made. */
const withAnswers = (dossier: Dossier): Dossier => ({
  ...withoutTexts(dossier),
  solutions: dossier.solutions.map((offered) => ({ ...offered, text: "", examples: "" })),
});

/** Keeps the question, the winner's solution, its explanation and the votes, because the elite history needs them. */
const withoutTexts = (dossier: Dossier): Dossier => ({
  ...dossier,
  solutions: dossier.solutions.map((offered) => ({
    ...offered,
    text: offered.solutionId === dossier.winner ? offered.text : "",
    answer: "",
    examples: "",
  })),
  withheld: dossier.withheld.map(({ author }) => ({ author, cause: "" })),
  verdicts: dossier.verdicts.map((given) => ({ ...given, text: "" })),
  ballots: dossier.ballots.map(({ pair, voter, adapter, choice }) => ({
    ...{ pair, voter, adapter, text: "" },
    ...(choice === undefined ? {} : { choice }),
  })),
});

const measureFact = (message: MessageOf<"measure.taken" | "measure.progressed">): MeasureFact => ({
  ...message,
  answers: [],
  asked: message.answers.length,
  right: message.answers.filter(({ right }) => right).length,
});

const marksOf = ({ dossier }: { readonly dossier: Dossier }, judge: Judge): Marks => {
  const lengths = dossier.solutions.map(({ solutionId, text }) => [solutionId, text.length]);
  return { lengths: Object.fromEntries(lengths), right: judge(dossier).right };
};

export interface FactSources {
  readonly judge: Judge;
  /** Stores a machine's definition and returns its chart id. */
  readonly learnChart: (definition: unknown) => string;
}

export const factOf = (message: Message, { judge, learnChart }: FactSources): Fact => {
  if (message.type === "agent.joined") {
    const { machine, ...joined } = message;
    return { ...joined, chart: learnChart(machine) };
  }
  if (message.type === "measure.taken" || message.type === "measure.progressed") return measureFact(message);
  if (message.type === "question.answered")
    return { ...message, marks: marksOf(message, judge), dossier: withAnswers(message.dossier) };
  if (message.type === "question.settled")
    return { ...message, marks: marksOf(message, judge), dossier: withoutTexts(message.dossier) };
  return message;
};
