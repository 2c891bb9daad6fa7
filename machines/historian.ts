/** Keeps the elite history H_t: the top k of the recent interactions, with the winners' own explanations. */
import { assign, setup } from "xstate";
import type { Draft, Exemplar, Message, Rating, Strategy } from "../runtime/messages.ts";
import type { Settings } from "./settings.ts";
import { eliteOf } from "./strategy.ts";

/** Interactions that can be chosen from: older ones come from weaker weights. */
const recent = 64;

export interface HistorianInput {
  readonly settings: Settings;
  /** The journal so far, oldest first. */
  readonly records: readonly Message[];
}

interface History {
  readonly candidates: readonly Exemplar[];
  readonly ratings: Readonly<Record<string, Rating>>;
  readonly strategy: Strategy;
}

interface Context extends History {
  readonly settings: Settings;
  readonly exemplars: readonly Exemplar[];
}

const exemplarOf = ({ dossier, ratings }: Message & { type: "question.settled" }): Exemplar | undefined => {
  const winner = dossier.solutions.find(({ solution }) => solution === dossier.winner);
  if (winner === undefined) return undefined;
  return {
    question: dossier.question,
    text: dossier.text,
    solution: winner.text,
    explanation: dossier.explanation?.text ?? "",
    author: winner.author,
    quality: ratings[winner.author]?.mu ?? 0,
  };
};

export const emptyHistory: History = { candidates: [], ratings: {}, strategy: "explore" };

export const foldHistory = (history: History, event: Message): History => {
  if (event.type === "strategy.changed") return { ...history, strategy: event.after };
  if (event.type !== "question.settled") return history;
  const exemplar = exemplarOf(event);
  const candidates = exemplar === undefined ? [] : [exemplar];
  return {
    ...history,
    ratings: event.ratings,
    candidates: [...history.candidates, ...candidates].slice(-recent),
  };
};

/**
 * H_t = Top_k by the author's μ, the newer first among equals; in `elite` only top-rated peers teach.
 * Where winners explain themselves, one that could not is no example.
 */
export const topExemplars = (history: History, settings: Settings): Exemplar[] => {
  if (!settings.eliteIcl) return [];
  const elite = new Set(eliteOf(history.ratings, settings.eliteCount));
  return history.candidates
    .filter(({ author }) => history.strategy === "explore" || elite.has(author))
    .filter(({ explanation }) => !settings.explanation || explanation !== "")
    .toReversed()
    .toSorted((left, right) => right.quality - left.quality)
    .slice(0, settings.exemplars);
};

const sameExemplars = (left: readonly Exemplar[], right: readonly Exemplar[]): boolean =>
  left.length === right.length && left.every(({ question }, index) => question === right[index]?.question);

const base = setup({
  types: { context: {} as Context, input: {} as HistorianInput, events: {} as Message },
  actions: { publish: (_, _drafts: readonly Draft[]) => {} },
});

const learn = base.enqueueActions(({ context, event, enqueue }) => {
  const history = foldHistory(context, event);
  const exemplars = topExemplars(history, context.settings);
  enqueue.assign({ ...history, exemplars });
  if (sameExemplars(exemplars, context.exemplars)) return;
  enqueue({ type: "publish", params: [{ type: "history.updated", exemplars }] });
});

const recall = base.enqueueActions(({ context: { exemplars }, enqueue }) => {
  if (exemplars.length > 0) {
    enqueue({ type: "publish", params: [{ type: "history.updated", exemplars: [...exemplars] }] });
  }
});

export const historianMachine = base
  .extend({
    actions: {
      learn,
      recall,
      remember: assign({ exemplars: ({ context }) => topExemplars(context, context.settings) }),
    },
  })
  .createMachine({
    id: "historian",
    context: ({ input: { settings, records } }) => ({
      settings,
      ...records.reduce(foldHistory, emptyHistory),
      exemplars: [],
    }),
    initial: "listening",
    states: {
      listening: {
        entry: ["remember", "recall"],
        on: {
          "question.settled": { actions: "learn" },
          "strategy.changed": { actions: "learn" },
          /** Whoever joins late has not heard the last update. */
          "agent.joined": { actions: "recall" },
        },
      },
    },
  });
