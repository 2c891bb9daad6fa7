/** Opens a question: a short-lived agent with the machine of one question (machines/question.ts). */
import { questionMachine } from "../machines/question.ts";
import type { Draft } from "../runtime/messages.ts";
import type { Tools } from "./agent.ts";

export interface Posed {
  readonly question: string;
  readonly round: number;
  readonly difficulty: number;
  /** As the model generated it. */
  readonly text: string;
  readonly topic?: string | undefined;
}

export const openQuestion = (
  tools: Tools,
  { question, round, difficulty, topic, text: generated }: Posed,
): void => {
  const { text, flaw } = tools.catalogue.screen(generated);
  const input = {
    ...{ question, round, difficulty, text },
    author: tools.name,
    adapter: tools.models.get(tools.name)?.current ?? 0,
    group: tools.group(question),
    settings: tools.settingsIn(round),
    openedAt: Date.now(),
    paces: tools.paces(),
    ratings: tools.ratings(),
    remarkers: tools.remarkers(),
    judges: tools.judges(),
    ...(topic === undefined ? {} : { topic }),
    ...(flaw === undefined ? {} : { flaw }),
  };
  const { author, adapter } = input;
  const lastWords = (reason: string): Draft[] => [
    { type: "question.abandoned", question, round, author, adapter, text, reason },
  ];
  tools.open(
    { kind: "question", machine: questionMachine, input, lastWords, gathers: true },
    { name: `${tools.name}/${question}`, topic: question },
  );
};
