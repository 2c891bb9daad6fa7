/** What a person asks the society: machines/operator.ts with the questions it opens. */
import { type Asked, operatorMachine } from "../machines/operator.ts";
import { questionMachine } from "../machines/question.ts";
import { emptyDossier } from "../machines/question-facts.ts";
import type { Settings } from "../machines/settings.ts";
import type { Draft } from "../runtime/messages.ts";
import { type AgentType, planOf, type Tools } from "./agent.ts";

/** Solving, verifying, remarking, voting and explaining: each has its share of the question's time. */
const phases = 5;

const withDeadline = (settings: Settings, seconds: number): Settings => {
  const most = seconds / phases;
  const { phaseTimeoutSeconds, remarkSeconds } = settings;
  return {
    ...settings,
    phaseTimeoutSeconds: Math.min(phaseTimeoutSeconds, most),
    remarkSeconds: Math.min(remarkSeconds, most),
  };
};

/** Nobody has posed the same question before, or will be kept from posing it by this one: it is not in the catalogue. */
const flawOf = ({ pack, task }: Tools, text: string): string | undefined =>
  pack.question(text) === undefined ? `it is not a problem of the task "${task.name}"` : undefined;

const openAsked = (tools: Tools, { question, text: given, seconds }: Asked): void => {
  const round = tools.round();
  const text = tools.pack.question(given) ?? given;
  const flaw = flawOf(tools, given);
  const posed = { question, round, author: tools.name, adapter: 0, difficulty: 0, text };
  const input = {
    ...posed,
    group: tools.group(question),
    settings: withDeadline(tools.settingsIn(round), seconds),
    openedAt: Date.now(),
    paces: tools.paces(),
    ratings: tools.ratings(),
    remarkers: tools.remarkers(),
    judges: tools.judges(),
    asked: true,
    ...(flaw === undefined ? {} : { flaw }),
  };
  const dossier = emptyDossier(input);
  const lastWords = (reason: string): Draft[] => [{ type: "question.answered", dossier, reason }];
  tools.open(
    { kind: "question", machine: questionMachine, input, lastWords, gathers: true },
    { name: `${tools.name}/${question}`, topic: question },
  );
};

export const operator: AgentType = {
  kind: "operator",
  member: false,
  essential: false,
  plan: (tools) => {
    const open = new Set<string>();
    const machine = operatorMachine.provide({
      actions: {
        pose: (_, { questions }) => {
          for (const asked of questions) {
            if (open.has(asked.question)) continue;
            open.add(asked.question);
            // An actor must not start another one within its own transition.
            queueMicrotask(() => openAsked(tools, asked));
          }
        },
      },
    });
    const { config, records } = tools;
    const expected = config.models.map(({ name }) => name);
    return planOf("operator", machine, { settings: config, records, expected });
  },
};
