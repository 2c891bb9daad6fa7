/**
 * Rates the authors by the group's votes, decides what enters the buffer, and ends the questions that nobody runs.
 *
 * 1. Dossiers are rated one after another in the order in which they close, each once. A repeated dossier, and one of a
 *    question that is void, is settled again without a new rating; the recorder keeps the first record.
 * 2. `question.settled` carries the ratings after it, so after a restart the ratings are those of the last record.
 * 3. A question that is abandoned is void, unless it has closed: one agent decides both, so no void question is rated.
 * 4. Its admissions decide what is trained on; no other agent decides this again.
 */
import { assign, fromPromise, setup } from "xstate";
import { AgoraError } from "../runtime/agora-error.ts";
import type { Dossier, Draft, Duel, Message, Rating, Strategy } from "../runtime/messages.ts";
import { admissionsOf } from "./folds/admission.ts";
import { type ComponentsByRound, foldComponents, settingsIn } from "./folds/control.ts";
import { authorOf } from "./folds/dossier.ts";
import { type Heard, heardOf, messagesIn } from "./heard.ts";
import type { Settings } from "./settings.ts";
import { causeOf } from "./work-order.ts";

class RaterError extends AgoraError<"AGORA_RATER"> {
  constructor(cause: string) {
    super("AGORA_RATER", `the rater cannot be loaded: ${cause}`, { fix: "correct the key `rater`" });
  }
}

/** A rating system for two-player duels. */
export interface Rater {
  initial(): Rating;
  /** Both ratings after a duel; `outcome` says who was better. */
  duel(first: Rating, second: Rating, outcome: Duel["outcome"]): readonly [Rating, Rating];
}

export interface RefereeInput {
  readonly settings: Settings;
  readonly records: readonly Message[];
}

type Ratings = Readonly<Record<string, Rating>>;

interface Context {
  /** As the run was configured. */
  readonly settings: Settings;
  /** What differs from that in the rounds in play: a question is judged by the components of its own. */
  readonly components: ComponentsByRound;
  readonly ratings: Ratings;
  readonly strategy: Strategy;
  readonly rater: Rater | undefined;
  /** Dossiers that closed before the rater was loaded. */
  readonly waiting: readonly Dossier[];
  /**
   * The latest questions that are rated or void: their dossiers are not rated any more. It grows in place: thousands
   * would be copied for each that is added.
   */
  readonly done: Set<string>;
  /** Why the rater cannot be loaded. */
  readonly trouble: string;
}

/** Ratings of the whole group after every duel of the dossier. */
export const rateDossier = (rater: Rater, before: Ratings, dossier: Dossier): Record<string, Rating> => {
  const ratings: Record<string, Rating> = { ...before };
  for (const member of dossier.group) ratings[member] ??= rater.initial();
  for (const { first, second, outcome } of dossier.duels) {
    const [left, right] = [authorOf(dossier, first), authorOf(dossier, second)];
    const [leftRating, rightRating] = [ratings[left ?? ""], ratings[right ?? ""]];
    if (left === undefined || right === undefined || !leftRating || !rightRating) continue;
    [ratings[left], ratings[right]] = rater.duel(leftRating, rightRating, outcome);
  }
  return ratings;
};

const settledDraft = (
  { settings, components, strategy }: Context,
  dossier: Dossier,
  ratings: Record<string, Rating>,
): Draft => ({
  type: "question.settled",
  dossier,
  ratings,
  admissions: admissionsOf(dossier, ratings, settingsIn(settings, components[dossier.round] ?? {}), strategy),
});

const endedIn = (records: readonly Message[]): string[] =>
  records.flatMap((record) => {
    if (record.type === "question.settled") return record.dossier.question;
    return record.type === "question.voided" ? record.question : [];
  });

const foldRatings = (ratings: Ratings, event: Message): Ratings =>
  event.type === "question.settled" ? event.ratings : ratings;

const foldStrategy = (strategy: Strategy, event: Heard): Strategy =>
  heardOf(event, "strategy.changed").at(-1)?.after ?? strategy;

/** Dossiers of questions that are not there yet, each once. */
const withArrived = (waiting: readonly Dossier[], event: Heard): readonly Dossier[] => {
  const known = new Map(waiting.map((dossier) => [dossier.question, dossier] as const));
  for (const { dossier } of heardOf(event, "question.closed")) {
    if (!known.has(dossier.question)) known.set(dossier.question, dossier);
  }
  return [...known.values()];
};

const base = setup({
  types: {
    context: {} as Context,
    input: {} as RefereeInput,
    events: {} as Heard,
    emitted: {} as Draft,
  },
  actors: {
    /** Loads the rating system, which is slow to import. */
    loadRater: fromPromise<Rater>(() => Promise.reject(new Error("no rater provided"))),
  },
  actions: {
    /** Without a rater no question can settle: the referee fails, and the run with it. */
    fail: ({ context }) => {
      throw new RaterError(context.trouble);
    },
  },
});

/** Number of questions to remember: more than can end while a dossier is repeated. */
const remembered = 4096;

/** The same set: adds questions, and forgets the oldest. */
const remember = (done: Set<string>, ended: readonly string[]): Set<string> => {
  for (const question of ended) done.add(question);
  for (const question of done) {
    if (done.size <= remembered) break;
    done.delete(question);
  }
  return done;
};

/** What has closed now, and what waited for the rater. */
const settle = base.enqueueActions(({ context, event, enqueue }) => {
  const { rater, waiting } = context;
  if (rater === undefined) return;
  let { ratings } = context;
  for (const dossier of [...waiting, ...heardOf(event, "question.closed").map((closed) => closed.dossier)]) {
    if (!context.done.has(dossier.question)) ratings = rateDossier(rater, ratings, dossier);
    remember(context.done, [dossier.question]);
    enqueue.emit(settledDraft(context, dossier, { ...ratings }));
  }
  enqueue.assign({ ratings, waiting: [] });
});

/** Those that have closed settle: their authors are not needed any more. */
const voidAbandoned = base.enqueueActions(({ context: { done, ...context }, event, enqueue }) => {
  const waiting = new Set(context.waiting.map(({ question }) => question));
  for (const { question, round, author, adapter, text, reason } of heardOf(event, "question.abandoned")) {
    if (done.has(question) || waiting.has(question)) continue;
    remember(done, [question]);
    enqueue.emit({ type: "question.voided", question, round, author, adapter, text, reason });
  }
});

export const refereeMachine = base
  .extend({
    actions: {
      settle,
      voidAbandoned,
      obey: assign(({ context: { components }, event }) => ({
        components: messagesIn(event).reduce(foldComponents, components),
      })),
      follow: assign(({ context: { strategy }, event }) => ({ strategy: foldStrategy(strategy, event) })),
      markVoid: assign(({ context: { done }, event }) => ({
        done: remember(done, endedIn(messagesIn(event))),
      })),
      queue: assign(({ context: { waiting }, event }) => ({ waiting: withArrived(waiting, event) })),
    },
  })
  .createMachine({
    id: "referee",
    context: ({ input: { settings, records } }) => ({
      settings,
      components: records.reduce(foldComponents, {}),
      ratings: records.reduce(foldRatings, {}),
      strategy: records.reduce<Strategy>(foldStrategy, "explore"),
      rater: undefined,
      waiting: [],
      done: new Set(endedIn(records).slice(-remembered)),
      trouble: "",
    }),
    initial: "preparing",
    on: {
      "strategy.changed": { actions: "follow" },
      "round.opened": { actions: "obey" },
      "question.voided": { actions: "markVoid" },
      "question.abandoned": { actions: "voidAbandoned" },
    },
    states: {
      preparing: {
        invoke: {
          id: "loadRater",
          src: "loadRater",
          onDone: { target: "rating", actions: [assign({ rater: ({ event }) => event.output }), "settle"] },
          onError: {
            target: "broken",
            actions: assign({ trouble: ({ event }) => causeOf(event.error) }),
          },
        },
        on: { "question.closed": { actions: "queue" } },
      },
      rating: { on: { "question.closed": { actions: "settle" } } },
      broken: { type: "final", entry: "fail" },
    },
  });
