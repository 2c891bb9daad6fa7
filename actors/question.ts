/** Opens a question: a short-lived agent that follows one question's life (machines/question.ts). */
import { questionMachine } from "../machines/question.ts";
import type { Draft, MessageType } from "../runtime/messages.ts";
import type { AgentPlan, Tools } from "./agent.ts";

const hears: readonly MessageType[] = [
  "question.posed",
  "ballot.opened",
  "winner.elected",
  "solution.offered",
  "solution.withheld",
  "verdict.given",
  "remark.made",
  "remarks.finished",
  "ballot.cast",
  "explanation.given",
  "explanation.withheld",
  "question.settled",
  "question.voided",
  "agent.left",
  "agent.lapsed",
];

/** One machine for all questions of an agent: making a machine costs more than running it. */
const machines = new WeakMap<Tools, AgentPlan["machine"]>();

const machineOf = (tools: Tools): AgentPlan["machine"] => {
  const made =
    machines.get(tools) ??
    questionMachine.provide({ actions: { publish: (_, drafts) => tools.send(drafts) } });
  machines.set(tools, made);
  return made;
};

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
    group: tools.group(),
    settings: tools.config,
    openedAt: Date.now(),
    paces: tools.paces(),
    remarkers: tools.remarkers(),
    ...(topic === undefined ? {} : { topic }),
    ...(flaw === undefined ? {} : { flaw }),
  };
  const { author, adapter } = input;
  const lastWords = (reason: string): Draft[] => [
    { type: "question.voided", question, round, author, adapter, text, reason },
  ];
  tools.open(
    { kind: "question", machine: machineOf(tools), input, hears, lastWords },
    { name: `${tools.name}/${question}`, topic: question },
  );
};
