/** What the supervisor knows of the society: a fold over the durable messages, so that a journal restores it. */
import type { Dossier, Draft, Message, MessageOf, Strategy } from "../runtime/messages.ts";
import { mean, nextDifficulty, nextTarget, surprise } from "./difficulty.ts";
import type { Settings } from "./settings.ts";

/** The round in play. */
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
}

export interface Society {
  readonly round: Round | undefined;
  readonly roundsClosed: number;
  readonly difficulty: number;
  readonly passRates: readonly number[];
  readonly target: number;
  readonly strategy: Strategy;
  /** Mean external accuracy at the baseline and at the newest anchor. */
  readonly baseline: number | undefined;
  readonly anchor: number | undefined;
  /** V of the first closed round: drift is measured from there. */
  readonly firstPassRate: number | undefined;
  /** Measured so far in the anchor round under way: accuracy by model. */
  readonly measured: Readonly<Record<string, number>>;
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
  passRates: [],
  target: nextTarget([], settings),
  strategy: "explore",
  baseline: undefined,
  anchor: undefined,
  firstPassRate: undefined,
  measured: {},
  jobs: [],
  generations: [],
  jobGenerations: {},
  finished: false,
});

const openedRound = ({ round }: Society, event: MessageOf<"round.opened">): Round => {
  const { difficulty, count, attempt } = event;
  const fresh = { settled: 0, voided: 0, solutions: 0, verified: 0, admitted: 0, asked: 0 };
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

/** Who was absent and wrote nothing says nothing of how hard the question was. */
const askedIn = ({ group, absent = [], solutions }: Dossier): string[] =>
  group.filter((member) => !absent.includes(member) || solutions.some(({ author }) => author === member));

const settledRound = (round: Round, { dossier, admissions }: MessageOf<"question.settled">): Round => ({
  ...round,
  settled: round.settled + 1,
  solutions: round.solutions + dossier.solutions.length,
  verified: round.verified + dossier.verified.length,
  admitted: round.admitted + admissions.filter(({ admitted }) => admitted).length,
  asked: round.asked + askedIn(dossier).length,
});

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

const measuredAnchor = (society: Society, event: MessageOf<"anchor.measured">): Society => {
  if (event.purpose === "gate") return society;
  const accuracy = event.zeroShot.correct / Math.max(1, event.zeroShot.total);
  const measured = { ...society.measured, [event.model]: accuracy };
  const average = mean(Object.values(measured));
  return event.purpose === "baseline"
    ? { ...society, measured, baseline: average, anchor: average }
    : { ...society, measured, anchor: average };
};

export const foldSociety =
  (settings: Settings) =>
  (society: Society, event: Message): Society => {
    const { round } = society;
    switch (event.type) {
      case "round.opened":
        return { ...society, round: openedRound(society, event) };
      case "question.settled":
        return round?.round === event.dossier.round
          ? { ...society, round: settledRound(round, event) }
          : society;
      case "question.voided":
        return round?.round === event.round
          ? { ...society, round: { ...round, voided: round.voided + 1 } }
          : society;
      case "round.closed": {
        const closed = { ...society, round: undefined, roundsClosed: society.roundsClosed + 1 };
        if (event.settled === 0) return closed;
        const passRates = [...society.passRates, event.passRate];
        return {
          ...closed,
          difficulty: event.nextDifficulty,
          passRates,
          target: nextTarget(passRates, settings),
          firstPassRate: society.firstPassRate ?? event.passRate,
        };
      }
      case "strategy.changed":
        return { ...society, strategy: event.after };
      case "anchor.measured":
        return measuredAnchor(society, event);
      case "training.requested":
        return {
          ...society,
          jobs: [...society.jobs, event.job],
          jobGenerations: { ...society.jobGenerations, [event.job]: event.generation },
        };
      case "training.failed":
      case "adapter.rejected":
      case "adapter.published":
        return jobEnded(society, event.job);
      case "run.finished":
        return { ...society, finished: true };
      default:
        return society;
    }
  };

/** V_t: pass@1 of the round, the share of verified solutions among those asked for. */
export const passRateOf = ({ verified, asked }: Round): number => (asked === 0 ? 0 : verified / asked);

/** V of every round, with the one that closes now. A round in which nothing settled says nothing of V. */
export const passRatesWith = ({ passRates }: Society, round: Round): readonly number[] =>
  round.settled === 0 ? passRates : [...passRates, passRateOf(round)];

/** How far V has run ahead of the anchor since the baseline; 0 where either is unknown. */
export const driftOf = (society: Society, passRate: number): number => {
  const { baseline, anchor, firstPassRate } = society;
  if (baseline === undefined || anchor === undefined || firstPassRate === undefined) return 0;
  return Math.max(0, passRate - firstPassRate - (anchor - baseline));
};

export const isPlayedOut = ({ round }: Society): boolean =>
  round !== undefined && round.settled + round.voided >= round.count;

export const closingDraft = (society: Society, round: Round, settings: Settings): Draft<"round.closed"> => {
  const passRate = passRateOf(round);
  const drift = settings.externalAnchor ? driftOf(society, passRate) : 0;
  const { settled, voided, solutions, verified, admitted, difficulty } = round;
  return {
    type: "round.closed",
    round: round.round,
    ...{ settled, voided, solutions, verified, admitted, passRate, difficulty },
    target: society.target,
    nextDifficulty:
      settled === 0
        ? society.difficulty
        : nextDifficulty(society.difficulty, passRate, society.target, drift, settings),
    surprise: surprise(passRatesWith(society, round), settings),
    strategy: society.strategy,
  };
};
