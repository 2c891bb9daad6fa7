/**
 * A fact is a record without the texts that only a question's own page shows: ten thousand of them fit into memory.
 * It stays a message, so that the folds of machines/ and runtime/ read it as they read the journal.
 */
import type { Dossier, Message, MessageOf } from "../../runtime/messages.ts";
import type { Judge } from "./judge.ts";

/** What is counted before the texts go. */
export interface Marks {
  /** Characters of each solution, by id. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Whether each solution is truly right, by id; empty where the truth is unknown. */
  readonly right: Readonly<Record<string, boolean>>;
}

export type SettledFact = MessageOf<"question.settled"> & { readonly marks: Marks };
export type JoinedFact = Omit<MessageOf<"agent.joined">, "machine"> & {
  readonly chart: string;
};

export type Fact =
  | Exclude<Message, MessageOf<"question.settled" | "agent.joined">>
  | SettledFact
  | JoinedFact;

/**
 * The question, the winner's solution, its explanation and who voted for what stay: the elite history is made of them.
 */
const withoutTexts = (dossier: Dossier): Dossier => ({
  ...dossier,
  solutions: dossier.solutions.map((offered) => ({
    ...offered,
    text: offered.solution === dossier.winner ? offered.text : "",
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

export interface FactSources {
  readonly judge: Judge;
  /** Keeps a machine's definition and says the id of its chart. */
  readonly learnChart: (definition: unknown) => string;
}

export const factOf = (message: Message, { judge, learnChart }: FactSources): Fact => {
  if (message.type === "agent.joined") {
    const { machine, ...joined } = message;
    return { ...joined, chart: learnChart(machine) };
  }
  // Answers are for reports, and there are thousands of them.
  if (message.type === "measure.taken") return { ...message, answers: [] };
  if (message.type !== "question.settled") return message;
  const { dossier } = message;
  const lengths = dossier.solutions.map(({ solution, text }) => [solution, text.length]);
  const marks = { lengths: Object.fromEntries(lengths), right: judge(dossier).right };
  return { ...message, dossier: withoutTexts(dossier), marks };
};
