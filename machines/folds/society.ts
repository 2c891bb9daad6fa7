/** The state of the society: a fold over the durable messages, so that a journal restores it. */
import type { Dossier, Draft, Message, MessageOf, Strategy, SuccessCount } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { nextDifficulty, nextTarget } from "./difficulty.ts";
import { type Anchors, excessDrift, foldAnchors, noAnchors, type Sampled } from "./drift.ts";
import type { Outcome, Situation } from "./strategy.ts";
import { type Standing, standingOf, surprise } from "./surprise.ts";

/** The open round. */
export interface Round {
  readonly round: number;
  readonly attempt: number;
  readonly difficulty: number;
  readonly count: number;
  readonly settled: number;
  readonly voided: number;
  readonly solutions: number;
  readonly verified: number;
  readonly admitted: number;
  readonly asked: number;
  /** Counts of solutions written with elite examples, and without. */
  readonly withExamples: SuccessCount;
  readonly withoutExamples: SuccessCount;
  /** The ratings after the round's last settled question. */
  readonly standing: Standing;
}

export interface Society {
  readonly round: Round | undefined;
  readonly roundsClosed: number;
  readonly difficulty: number;
  /** Rounds in which something settled, oldest first. */
  readonly outcomes: readonly Outcome[];
  readonly standings: readonly Standing[];
  readonly target: number;
  readonly strategy: Strategy;
  /** Rounds closed since the strategy last changed. */
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
  readonly jobGenerations: Readonly<Record<string, number>>;
  readonly finished: boolean;
}

export const emptySociety = (settings: Settings): Society => ({
  round: undefined,
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
  finished: false,
});

const noCount: SuccessCount = { solutions: 0, verified: 0 };

const openedRound = ({ round }: Society, event: MessageOf<"round.opened">): Round => {
  const { difficulty, count, attempt } = event;
  const fresh = {
    ...{ settled: 0, voided: 0, solutions: 0, verified: 0, admitted: 0, asked: 0 },
    ...{ withExamples: noCount, withoutExamples: noCount, standing: { best: 0, mean: 0 } },
  };
  const kept = round?.round === event.round ? round : fresh;
  return {
    ...fresh,
    ...kept,
    round: event.round,
    attempt,
    difficulty,
    count: kept.settled + kept.voided + count,
  };
};

/** An absent member without a solution does not count: it says nothing about the difficulty. */
const askedIn = ({ group, absent = [], solutions }: Dossier): string[] =>
  group.filter((member) => !absent.includes(member) || solutions.some(({ author }) => author === member));

/** Adds a dossier's solutions that were written with elite examples, or without. */
const counted = (
  before: SuccessCount,
  { solutions, verified }: Dossier,
  withExamples: boolean,
): SuccessCount => {
  const chosen = solutions.filter(({ exemplars }) => exemplars.length > 0 === withExamples);
  return {
    solutions: before.solutions + chosen.length,
    verified: before.verified + chosen.filter(({ solutionId }) => verified.includes(solutionId)).length,
  };
};

const admittedIn = ({ admissions }: MessageOf<"question.settled">): number =>
  admissions.filter(({ admitted }) => admitted).length;

const settledRound = (round: Round, event: MessageOf<"question.settled">): Round => {
  const { dossier, ratings } = event;
  return {
    ...round,
    settled: round.settled + 1,
    solutions: round.solutions + dossier.solutions.length,
    verified: round.verified + dossier.verified.length,
    admitted: round.admitted + admittedIn(event),
    asked: round.asked + askedIn(dossier).length,
    withExamples: counted(round.withExamples, dossier, true),
    withoutExamples: counted(round.withoutExamples, dossier, false),
    standing: standingOf(ratings),
  };
};

const jobEnded = (society: Society, job: string): Society => {
  const jobs = society.jobs.filter((other) => other !== job);
  const generation = society.jobGenerations[job];
  const ended =
    generation !== undefined && jobs.every((other) => society.jobGenerations[other] !== generation);
  const known = generation === undefined || society.generations.includes(generation);
  return {
    ...society,
    jobs,
    generations: ended && !known ? [...society.generations, generation] : society.generations,
  };
};

const outcomeOf = (event: MessageOf<"round.closed">): Outcome => {
  const { strategy, passRate, difficulty, withExamples = noCount, withoutExamples = noCount } = event;
  return { strategy, passRate, difficulty, withExamples, withoutExamples };
};

const closedRound = (society: Society, event: MessageOf<"round.closed">, settings: Settings): Society => {
  const closed = {
    ...society,
    round: undefined,
    roundsClosed: society.roundsClosed + 1,
    roundsInForce: society.roundsInForce + 1,
  };
  if (event.settled === 0) return closed;
  const outcomes = [...society.outcomes, outcomeOf(event)];
  const { passRate, solutions, standing = noStanding } = event;
  return {
    ...closed,
    difficulty: event.nextDifficulty,
    outcomes,
    standings: [...society.standings, standing],
    target: nextTarget(passRatesOf(outcomes), settings),
    first: society.first ?? { passRate, solutions },
  };
};

const noStanding: Standing = { best: 0, mean: 0 };

const passRatesOf = (outcomes: readonly Outcome[]): number[] => outcomes.map(({ passRate }) => passRate);

export const foldSociety =
  (settings: Settings) =>
  (society: Society, event: Message): Society => {
    const { round } = society;
    switch (event.type) {
      case "round.opened":
        return { ...society, round: openedRound(society, event) };
      case "question.settled": {
        const settled = { ...society, admitted: society.admitted + admittedIn(event) };
        return round?.round === event.dossier.round
          ? { ...settled, round: settledRound(round, event) }
          : settled;
      }
      case "question.voided":
        return round?.round === event.round
          ? { ...society, round: { ...round, voided: round.voided + 1 } }
          : society;
      case "round.closed":
        return closedRound(society, event, settings);
      case "strategy.changed":
        return { ...society, strategy: event.after, roundsInForce: -1 };
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
        return jobEnded(society, event.job);
      case "run.extended":
        return { ...society, finished: false };
      case "run.finished":
        return { ...society, finished: true };
      default:
        return society;
    }
  };

/** V_t: pass@1 of the round, verified solutions as a share of the requested ones. */
export const passRateOf = ({ verified, asked }: Round): number => (asked === 0 ? 0 : verified / asked);

/** A round without a settled question gives no V. */
const outcomesWith = ({ outcomes, strategy }: Society, round: Round): readonly Outcome[] =>
  round.settled === 0 ? outcomes : [...outcomes, { ...round, strategy, passRate: passRateOf(round) }];

const excessOf = ({ anchors, first }: Society, round: Round, settings: Settings): number =>
  excessDrift(anchors, first, { passRate: passRateOf(round), solutions: round.solutions }, settings);

const surpriseWith = (society: Society, round: Round, settings: Settings): number =>
  surprise(passRatesOf(outcomesWith(society, round)), [...society.standings, round.standing], settings);

/** The facts on which the strategy is decided when a round closes. */
export const situationOf = (society: Society, round: Round, settings: Settings): Situation => ({
  strategy: society.strategy,
  roundsInForce: society.roundsInForce + 1,
  outcomes: outcomesWith(society, round),
  surprise: surpriseWith(society, round, settings),
  excess: excessOf(society, round, settings),
});

export const isPlayedOut = ({ round }: Society): boolean =>
  round !== undefined && round.settled + round.voided >= round.count;

export const closingDraft = (society: Society, round: Round, settings: Settings): Draft<"round.closed"> => {
  const [passRate, excess] = [passRateOf(round), excessOf(society, round, settings)];
  const { settled, voided, solutions, verified, admitted, difficulty } = round;
  const { withExamples, withoutExamples, standing } = round;
  const { target } = society;
  return {
    type: "round.closed",
    round: round.round,
    ...{ settled, voided, solutions, verified, admitted, passRate, difficulty, target },
    ...{ withExamples, withoutExamples, standing },
    nextDifficulty: nextDifficulty(society.difficulty, { passRate, target, excess, settled }, settings),
    surprise: surpriseWith(society, round, settings),
    strategy: society.strategy,
  };
};
