/** The state of the society: a fold over the durable messages, so that a journal restores it. */
import type { Dossier, Draft, Message, MessageOf, Strategy } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { type Arms, noCount, withDossier } from "./arms.ts";
import { type Control, foldControl, noControl } from "./control.ts";
import { nextDifficulty, nextTarget } from "./difficulty.ts";
import { type Anchors, excessDrift, foldAnchors, noAnchors, type Sampled } from "./drift.ts";
import { newestOutcomes, type Outcome, type Situation } from "./strategy.ts";
import { recentStandings, type Standing, standingOf, surprise } from "./surprise.ts";
import { versionOf } from "./weights.ts";

/** How old the knowledge was when it was used. */
export type Staleness = NonNullable<MessageOf<"round.closed">["staleness"]>;

/** A round in play. */
export interface Round extends Arms {
  readonly round: number;
  readonly attempt: number;
  readonly difficulty: number;
  readonly strategy: Strategy;
  readonly count: number;
  readonly settled: number;
  readonly voided: number;
  readonly solutions: number;
  readonly verified: number;
  readonly admitted: number;
  readonly asked: number;
  /** Those who took part in its settled questions. */
  readonly members: readonly string[];
  /** The ratings after the round's last settled question. */
  readonly standing: Standing;
  readonly staleness: Staleness;
}

export interface Society {
  /** Rounds in play, oldest first. They close in this order, so that V_t, d_t and F_t have one sequence. */
  readonly rounds: readonly Round[];
  readonly roundsClosed: number;
  readonly difficulty: number;
  /** Of the rounds in which something settled, those that later ones are judged by, oldest first. */
  readonly outcomes: readonly Outcome[];
  readonly standings: readonly Standing[];
  readonly target: number;
  readonly strategy: Strategy;
  /** Closed rounds that were opened with the strategy, since it last changed. */
  readonly roundsInForce: number;
  readonly anchors: Anchors;
  /** V of the first closed round: drift is measured from it. */
  readonly first: Sampled | undefined;
  /** Solutions admitted to the buffer since the run began. */
  readonly admitted: number;
  /** Jobs requested and not ended. */
  readonly jobs: readonly string[];
  /** Generations of adapters whose jobs have all ended. */
  readonly generations: readonly number[];
  /** Of these jobs. */
  readonly jobGenerations: Readonly<Record<string, number>>;
  /** Of all metered calls, prompts and completions. */
  readonly tokens: number;
  readonly finished: boolean;
  /** What an operator has set. */
  readonly control: Control;
}

export const emptySociety = (settings: Settings): Society => ({
  rounds: [],
  roundsClosed: 0,
  difficulty: settings.difficultyStart,
  outcomes: [],
  standings: [],
  target: nextTarget([], settings),
  strategy: "explore",
  roundsInForce: 0,
  anchors: noAnchors,
  first: undefined,
  admitted: 0,
  jobs: [],
  generations: [],
  jobGenerations: {},
  tokens: 0,
  finished: false,
  control: noControl,
});

/** A round that is opened again keeps what was played of it. */
const openedRound = ({ rounds }: Society, event: MessageOf<"round.opened">): Round => {
  const { round, difficulty, count, attempt, strategy } = event;
  const before = rounds.filter((other) => other.round < round).length;
  const fresh = {
    ...{ settled: 0, voided: 0, solutions: 0, verified: 0, admitted: 0, asked: 0, members: [] },
    ...{ withExamples: noCount, withoutExamples: noCount, standing: { best: 0, mean: 0 } },
    staleness: { rounds: before, adapters: 0 },
  };
  const kept = rounds.find((other) => other.round === round) ?? fresh;
  const played = kept.settled + kept.voided;
  return { ...kept, round, attempt, difficulty, strategy, count: played + count };
};

const withRound = (rounds: readonly Round[], round: Round): readonly Round[] =>
  [...rounds.filter((other) => other.round !== round.round), round].toSorted(
    (left, right) => left.round - right.round,
  );

/** Changes the round of this number, if it is in play. */
const changed = (society: Society, number: number, change: (round: Round) => Round): Society => ({
  ...society,
  rounds: society.rounds.map((round) => (round.round === number ? change(round) : round)),
});

/**
 * The number of solutions that were requested: one of every member, or as many as it offered. An absent member without
 * a solution does not count: it says nothing about the difficulty.
 */
const askedIn = ({ group, absent = [], solutions }: Dossier): number =>
  group
    .map((member) => {
      const offered = solutions.filter(({ author }) => author === member).length;
      return offered === 0 && !absent.includes(member) ? 1 : offered;
    })
    .reduce((sum, count) => sum + count, 0);

const admittedIn = ({ admissions }: MessageOf<"question.settled">): number =>
  admissions.filter(({ admitted }) => admitted).length;

/** By how many versions the oldest solution of a dossier is behind the weights in force. */
const adaptersBehind = ({ solutions }: Dossier, { weights }: Anchors): number =>
  Math.max(0, ...solutions.map(({ author, adapter }) => versionOf(weights, author) - adapter));

const settledRound = (round: Round, event: MessageOf<"question.settled">, anchors: Anchors): Round => {
  const { dossier, ratings } = event;
  const { staleness } = round;
  return {
    ...round,
    settled: round.settled + 1,
    solutions: round.solutions + dossier.solutions.length,
    verified: round.verified + dossier.verified.length,
    admitted: round.admitted + admittedIn(event),
    asked: round.asked + askedIn(dossier),
    members: [...new Set([...round.members, ...dossier.group])],
    ...withDossier(round, dossier),
    standing: standingOf(ratings, dossier.group),
    staleness: { ...staleness, adapters: Math.max(staleness.adapters, adaptersBehind(dossier, anchors)) },
  };
};

const jobEnded = (society: Society, job: string): Society => {
  const jobs = society.jobs.filter((other) => other !== job);
  const { [job]: generation, ...jobGenerations } = society.jobGenerations;
  const ended =
    generation !== undefined && jobs.every((other) => society.jobGenerations[other] !== generation);
  const known = generation === undefined || society.generations.includes(generation);
  return {
    ...society,
    ...{ jobs, jobGenerations },
    generations: ended && !known ? [...society.generations, generation] : society.generations,
  };
};

const outcomeOf = (event: MessageOf<"round.closed">): Outcome => {
  const { strategy, passRate, difficulty, withExamples = noCount, withoutExamples = noCount } = event;
  return { strategy, passRate, difficulty, withExamples, withoutExamples };
};

/** The round after whose play the strategy changed closes with the old one, and so does one that had been opened by then. */
const inForceAfter = (
  { strategy, roundsInForce }: Society,
  opened: { readonly strategy: Strategy },
): number => roundsInForce + (opened.strategy === strategy ? 1 : 0);

const closedRound = (society: Society, event: MessageOf<"round.closed">, settings: Settings): Society => {
  const closed = {
    ...society,
    rounds: society.rounds.filter(({ round }) => round !== event.round),
    roundsClosed: society.roundsClosed + 1,
    roundsInForce: inForceAfter(society, event),
  };
  if (event.settled === 0) return closed;
  const outcomes = newestOutcomes([...society.outcomes, outcomeOf(event)], settings);
  const { passRate, solutions, standing = noStanding } = event;
  return {
    ...closed,
    difficulty: event.nextDifficulty,
    outcomes,
    standings: recentStandings([...society.standings, standing], settings),
    target: nextTarget(passRatesOf(outcomes), settings),
    first: society.first ?? { passRate, solutions },
  };
};

const noStanding: Standing = { best: 0, mean: 0 };

const passRatesOf = (outcomes: readonly Outcome[]): number[] => outcomes.map(({ passRate }) => passRate);

/** A difficulty that an operator has set is that of the first round that opens with it. */
const withOpened = (society: Society, event: MessageOf<"round.opened">): Society => {
  const isSet = society.control.waiting.some(
    ({ act, difficulty }) => difficulty !== undefined && event.acts?.includes(act),
  );
  const rounds = withRound(society.rounds, openedRound(society, event));
  const control = foldControl(society.control, event);
  return { ...society, rounds, control, ...(isSet ? { difficulty: event.difficulty } : {}) };
};

export const foldSociety =
  (settings: Settings) =>
  (society: Society, event: Message): Society => {
    switch (event.type) {
      case "round.opened":
        return withOpened(society, event);
      case "question.settled": {
        const settled = { ...society, admitted: society.admitted + admittedIn(event) };
        return changed(settled, event.dossier.round, (round) => settledRound(round, event, society.anchors));
      }
      case "question.voided":
        return changed(society, event.round, (round) => ({ ...round, voided: round.voided + 1 }));
      case "round.closed":
        return closedRound(society, event, settings);
      case "strategy.changed":
        return { ...society, strategy: event.after, roundsInForce: 0 };
      case "anchor.measured":
      case "adapter.withdrawn":
        return { ...society, anchors: foldAnchors(society.anchors, event) };
      case "training.requested":
        return {
          ...society,
          jobs: [...society.jobs, event.job],
          jobGenerations: { ...society.jobGenerations, [event.job]: event.generation },
        };
      case "adapter.published":
        return jobEnded({ ...society, anchors: foldAnchors(society.anchors, event) }, event.job);
      case "training.failed":
      case "adapter.rejected":
        return jobEnded({ ...society, anchors: foldAnchors(society.anchors, event) }, event.job);
      case "call.metered":
        return { ...society, tokens: society.tokens + event.promptTokens + event.completionTokens };
      case "run.extended":
        return { ...society, finished: false };
      case "run.finished":
        return { ...society, finished: true };
      case "operator.paused":
      case "operator.resumed":
      case "operator.stepped":
      case "operator.set":
      case "run.forked":
        return { ...society, control: foldControl(society.control, event) };
      default:
        return society;
    }
  };

/** V_t: pass@1 of the round, verified solutions as a share of the requested ones. */
export const passRateOf = ({ verified, asked }: Round): number => (asked === 0 ? 0 : verified / asked);

/** A round without a settled question gives no V. */
const outcomesWith = ({ outcomes }: Society, round: Round): readonly Outcome[] =>
  round.settled === 0 ? outcomes : [...outcomes, { ...round, passRate: passRateOf(round) }];

/** Nor has it ratings. */
const standingsWith = ({ standings }: Society, { settled, standing }: Round): readonly Standing[] =>
  settled === 0 ? standings : [...standings, standing];

const excessOf = ({ anchors, first }: Society, round: Round, settings: Settings): number =>
  excessDrift(anchors, first, { ...round, passRate: passRateOf(round) }, settings);

const surpriseWith = (society: Society, round: Round, settings: Settings): number =>
  surprise(passRatesOf(outcomesWith(society, round)), standingsWith(society, round), settings);

/** The facts on which the strategy is decided when a round closes. */
export const situationOf = (society: Society, round: Round, settings: Settings): Situation => ({
  strategy: society.strategy,
  roundsInForce: inForceAfter(society, round),
  outcomes: outcomesWith(society, round),
  surprise: surpriseWith(society, round, settings),
  excess: excessOf(society, round, settings),
});

/** Questions of a round that have no outcome yet. */
export const unsettledIn = ({ count, settled, voided }: Round): number =>
  Math.max(0, count - settled - voided);

/** Whether the oldest round in play has all its outcomes. */
export const isPlayedOut = ({ rounds: [oldest] }: Society): boolean =>
  oldest !== undefined && unsettledIn(oldest) === 0;

/** Whether another round may open: where rounds overlap two at most are in play, so that feedback is one round old at most. */
export const hasRoom = ({ rounds }: Society, { overlap, questionsPerRound }: Settings): boolean => {
  const unsettled = rounds.reduce((sum, round) => sum + unsettledIn(round), 0);
  return rounds.length <= Math.ceil(overlap) && unsettled <= overlap * questionsPerRound;
};

export const closingDraft = (society: Society, round: Round, settings: Settings): Draft<"round.closed"> => {
  const [passRate, excess] = [passRateOf(round), excessOf(society, round, settings)];
  const { settled, voided, solutions, verified, admitted, difficulty } = round;
  const { withExamples, withoutExamples, standing, strategy, staleness } = round;
  const { target } = society;
  return {
    type: "round.closed",
    round: round.round,
    ...{ settled, voided, solutions, verified, admitted, passRate, difficulty, target },
    ...{ withExamples, withoutExamples, standing, strategy, staleness },
    nextDifficulty: nextDifficulty(society.difficulty, { passRate, target, excess, settled }, settings),
    surprise: surpriseWith(society, round, settings),
  };
};
