/**
 * Keeps the elite history H_t = Top_k: recent interactions, with the winners' own explanations.
 *
 * 1. Quality is the peers' judgement of the solution itself: its share of the votes. The author's μ breaks ties.
 * 2. A winner without votes is not assessed: it is an example only if fewer than k winners have votes.
 * 3. The k examples differ in author and in kind of question as far as possible.
 * 4. While the strategy is `fresh` there are no examples, and earlier interactions are dropped.
 */
import { assign, setup } from "xstate";
import type { Dossier, Draft, Exemplar, Message, MessageOf, Rating, Strategy } from "../runtime/messages.ts";
import { eliteOf } from "./folds/admission.ts";
import { componentsAfter, componentsIn, settingsIn } from "./folds/control.ts";
import { votesOf } from "./folds/dossier.ts";
import { latest } from "./folds/latest.ts";
import { type Heard, messagesIn } from "./heard.ts";
import type { Settings } from "./settings.ts";

/** Number of interactions to choose from: older ones come from weaker weights. */
const recent = 64;

export interface HistorianInput {
  readonly settings: Settings;
  /** The journal so far, oldest first. */
  readonly records: readonly Message[];
}

interface History {
  readonly candidates: readonly Exemplar[];
  readonly ratings: Readonly<Record<string, Rating>>;
  /** Of the question that settled last: the members that play. */
  readonly group: readonly string[];
  readonly strategy: Strategy;
}

interface Context extends History {
  /** As the run was configured. */
  readonly configured: Settings;
  /** The same with the components in force. */
  readonly settings: Settings;
  readonly exemplars: readonly Exemplar[];
}

/** Quality of a solution without votes. */
const unassessed = 0.5;

/** By Laplace's rule, so that many votes count more than one. */
const qualityOf = (dossier: Dossier, solutionId: string): number => {
  const { given, cast } = votesOf(dossier, solutionId);
  return (given + 1) / (cast + 2);
};

const exemplarOf = ({ dossier, ratings }: MessageOf<"question.settled">): Exemplar | undefined => {
  const winner = dossier.solutions.find(({ solutionId }) => solutionId === dossier.winner);
  if (winner === undefined) return undefined;
  const { question, text, topic = "", difficulty } = dossier;
  return {
    ...{ question, text, solution: winner.text, author: winner.author },
    explanation: dossier.explanation?.text ?? "",
    quality: qualityOf(dossier, winner.solutionId),
    mu: ratings[winner.author]?.mu ?? 0,
    kind: `${topic} ${difficulty}`.trim(),
  };
};

export const emptyHistory: History = { candidates: [], ratings: {}, group: [], strategy: "explore" };

export const foldHistory = (history: History, event: Message): History => {
  if (event.type === "strategy.changed") {
    const candidates = event.after === "fresh" ? [] : history.candidates;
    return { ...history, candidates, strategy: event.after };
  }
  if (event.type !== "question.settled") return history;
  const exemplar = exemplarOf(event);
  const candidates = exemplar === undefined ? [] : [exemplar];
  return {
    ...history,
    ratings: event.ratings,
    group: event.dossier.group,
    candidates: [...history.candidates, ...candidates].slice(-recent),
  };
};

/** How many of the exemplar's author and kind (0 to 2) are among the chosen ones already. */
const repeats = (chosen: readonly Exemplar[], { author, kind }: Exemplar): number =>
  Number(chosen.some((other) => other.author === author)) +
  Number(chosen.some((other) => other.kind === kind));

/** Chooses `count` of the ranked exemplars: each time the first one with the fewest repetitions. */
const varied = (ranked: readonly Exemplar[], count: number): Exemplar[] => {
  const chosen: Exemplar[] = [];
  const left = [...ranked];
  while (chosen.length < count && left.length > 0) {
    const fewest = Math.min(...left.map((exemplar) => repeats(chosen, exemplar)));
    const next = left.findIndex((exemplar) => repeats(chosen, exemplar) === fewest);
    chosen.push(...left.splice(next, 1));
  }
  return chosen;
};

/** By quality, then by the author's μ; the newer first among equals. */
const ranking = (candidates: readonly Exemplar[]): Exemplar[] =>
  candidates.toReversed().toSorted((left, right) => right.quality - left.quality || right.mu - left.mu);

/**
 * H_t as students see it. In `elite` only top-rated peers that still play teach. If winners explain themselves, one
 * without an explanation is no example.
 */
export const topExemplars = (history: History, settings: Settings): Exemplar[] => {
  if (!settings.eliteIcl || history.strategy === "fresh") return [];
  const elite = new Set(eliteOf(history.ratings, history.group, settings.eliteCount));
  const ranked = ranking(
    history.candidates
      .filter(({ author }) => history.strategy === "explore" || elite.has(author))
      .filter(({ explanation }) => !settings.explanation || explanation !== ""),
  );
  const assessed = ranked.filter(({ quality }) => quality > unassessed);
  const chosen = varied(assessed, settings.exemplars);
  const others = ranked.filter((exemplar) => !assessed.includes(exemplar));
  return [...chosen, ...varied(others, settings.exemplars - chosen.length)];
};

const sameExemplars = (left: readonly Exemplar[], right: readonly Exemplar[]): boolean =>
  left.length === right.length && left.every(({ question }, index) => question === right[index]?.question);

const base = setup({
  types: {
    context: {} as Context,
    input: {} as HistorianInput,
    events: {} as Heard,
    emitted: {} as Draft,
  },
});

const settingsAfter = ({ configured, settings }: Context, event: Heard): Settings => {
  const components = messagesIn(event).reduce(componentsAfter, undefined);
  return components === undefined ? settings : settingsIn(configured, components);
};

/** The history after an event, and what students see of it. */
const after = latest((context: Context, event: Heard): History & Pick<Context, "exemplars" | "settings"> => {
  const history = messagesIn(event).reduce<History>(foldHistory, context);
  const settings = settingsAfter(context, event);
  return { ...history, settings, exemplars: topExemplars(history, settings) };
});

const learn = base.enqueueActions(({ context, event, enqueue }) => {
  const learned = after(context, event);
  enqueue.assign(learned);
  if (sameExemplars(learned.exemplars, context.exemplars)) return;
  enqueue.emit({ type: "history.updated", exemplars: [...learned.exemplars] });
});

const recall = base.enqueueActions(({ context: { exemplars }, enqueue }) => {
  if (exemplars.length > 0) {
    enqueue.emit({ type: "history.updated", exemplars: [...exemplars] });
  }
});

export const historianMachine = base
  .extend({
    actions: {
      learn,
      recall,
      remember: assign({ exemplars: ({ context }) => topExemplars(context, context.settings) }),
    },
    guards: {
      hasExemplars: ({ context }) => context.exemplars.length > 0,
      showsSome: ({ context, event }) => after(context, event).exemplars.length > 0,
      showsNone: ({ context, event }) => after(context, event).exemplars.length === 0,
    },
  })
  .createMachine({
    id: "historian",
    context: ({ input: { settings, records } }) => ({
      configured: settings,
      settings: settingsIn(settings, componentsIn(records)),
      ...records.reduce(foldHistory, emptyHistory),
      exemplars: [],
    }),
    entry: ["remember", "recall"],
    initial: "empty",
    on: {
      "question.settled": { actions: "learn" },
      "strategy.changed": { actions: "learn" },
      "round.opened": { actions: "learn" },
      /** Who joins late, or was away, may have missed the last update. */
      "agent.joined": { actions: "recall" },
      "agent.returned": { actions: "recall" },
    },
    states: {
      /** There are no examples yet. A journal may hold some. */
      empty: {
        always: { guard: "hasExemplars", target: "teaching" },
        on: {
          "question.settled": { guard: "showsSome", target: "teaching", actions: "learn" },
          "strategy.changed": { guard: "showsSome", target: "teaching", actions: "learn" },
          "round.opened": { guard: "showsSome", target: "teaching", actions: "learn" },
        },
      },
      teaching: {
        on: {
          "question.settled": { guard: "showsNone", target: "empty", actions: "learn" },
          "strategy.changed": { guard: "showsNone", target: "empty", actions: "learn" },
          "round.opened": { guard: "showsNone", target: "empty", actions: "learn" },
        },
      },
    },
  });
