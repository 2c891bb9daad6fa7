/** The course of a run: what its loops did, round by round. A fold over the journal. */
import { type Anchors, anchorOf, foldAnchors, noAnchors } from "../machines/folds/drift.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";
import { rankCorrelation } from "./rank-correlation.ts";

export type Staleness = NonNullable<MessageOf<"round.closed">["staleness"]>;

/** Of rounds in journals from before it was recorded, when rounds did not overlap. */
const fresh: Staleness = { rounds: 0, adapters: 0 };

export interface CourseRound {
  readonly round: number;
  /** V_t. */
  readonly passRate: number;
  /** d_t, and d_{t+1} by Eq. 1. */
  readonly difficulty: number;
  readonly nextDifficulty: number;
  readonly settled: number;
  readonly voided: number;
  /** Mean anchor accuracy of the models with their adapters of that round; undefined before the first reading. */
  readonly anchor: number | undefined;
  /** How old the feedback was that the round was played with. */
  readonly staleness: Staleness;
}

export interface Course {
  readonly rounds: readonly CourseRound[];
  readonly switches: readonly MessageOf<"strategy.changed">[];
  readonly anchors: Anchors;
}

export const emptyCourse: Course = { rounds: [], switches: [], anchors: noAnchors };

export const foldCourse = (before: Course, message: Message): Course => {
  const anchors = foldAnchors(before.anchors, message);
  const course = anchors === before.anchors ? before : { ...before, anchors };
  if (message.type === "strategy.changed") return { ...course, switches: [...course.switches, message] };
  if (message.type !== "round.closed") return course;
  const { round, passRate, difficulty, nextDifficulty, settled, voided, staleness = fresh } = message;
  const figures = { round, passRate, difficulty, nextDifficulty, settled, voided, staleness };
  const closed = { ...figures, anchor: anchorOf(anchors) };
  return { ...course, rounds: [...course.rounds, closed] };
};

/** First rounds without the slump rule: their running mean is uncertain. */
const warmUp = 5;

/** Rounds after the fifth whose V is below half of the mean of all rounds before. */
export const slumpsOf = ({ rounds }: Course): number[] => {
  let sum = 0;
  return rounds.flatMap(({ round, passRate }, index) => {
    const isSlump = index >= warmUp && passRate < sum / index / 2;
    sum += passRate;
    return isSlump ? [round] : [];
  });
};

const sumOf = (rounds: readonly CourseRound[], pick: (round: CourseRound) => number): number =>
  rounds.reduce((sum, round) => sum + pick(round), 0);

/** The share of posed questions that were void. */
export const voidShareOf = ({ rounds }: Course): number => {
  const voided = sumOf(rounds, (round) => round.voided);
  return voided / Math.max(1, voided + sumOf(rounds, ({ settled }) => settled));
};

/** The oldest feedback of any round. */
export const stalenessOf = ({ rounds }: Course): Staleness => ({
  rounds: Math.max(0, ...rounds.map(({ staleness }) => staleness.rounds)),
  adapters: Math.max(0, ...rounds.map(({ staleness }) => staleness.adapters)),
});

/** Whether the difficulty followed ability: Spearman's ρ between d and the anchor's accuracy over rounds. */
export const curriculumCorrelation = ({ rounds }: Course): number | undefined => {
  const anchored = rounds.filter(({ anchor }) => anchor !== undefined);
  return rankCorrelation(
    anchored.map(({ difficulty }) => difficulty),
    anchored.map(({ anchor }) => anchor ?? 0),
  );
};

export const difficultySpan = ({ rounds }: Course): readonly [start: number, end: number] => [
  rounds[0]?.difficulty ?? 0,
  rounds.at(-1)?.nextDifficulty ?? 0,
];
