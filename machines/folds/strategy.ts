/**
 * The strategy of the group: all members teach (`explore`), only the top-rated ones (`elite`), or none, and the
 * history starts again (`fresh`).
 *
 * 1. A strategy is kept for at least `strategyHold` rounds, so that its effect shows; `fresh` ends then.
 * 2. FEM acts if F_t is above its threshold. It chooses the strategy with the least expected surprise, judged by the
 *    recent rounds of each, if it is better than the present one beyond noise; otherwise an untried one. A share of
 *    solutions is always written without examples, so every round shows what `fresh` would give.
 * 3. Dynamic strategy is a separate rule: `elite` on a plateau, and back when the gap has closed.
 */
import type { Strategy, SuccessCount } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { mean } from "./difficulty.ts";
import { estimateOf } from "./share.ts";
import { freeEnergy, presentRounds, recentPeak } from "./surprise.ts";

/** The facts of a closed round by which strategies are judged. */
export interface Outcome {
  readonly strategy: Strategy;
  readonly passRate: number;
  readonly difficulty: number;
  readonly withExamples: SuccessCount;
  readonly withoutExamples: SuccessCount;
}

export interface Situation {
  readonly strategy: Strategy;
  /** Closed rounds since the strategy was last changed. */
  readonly roundsInForce: number;
  /** Closed rounds, oldest first. */
  readonly outcomes: readonly Outcome[];
  /** F_t, Eq. 2. */
  readonly surprise: number;
  /** Drift beyond its bound (drift.ts). */
  readonly excess: number;
}

/** The forecast for a strategy: its pass rate, and the resulting surprise F. */
export interface Expectation {
  readonly passRate: number;
  readonly surprise: number;
  /** Number of solutions it is based on; 0 if the strategy is untried since the history was last renewed. */
  readonly solutions: number;
}

export interface Switch {
  readonly strategy: Strategy;
  readonly cause: string;
  readonly expected?: Readonly<Partial<Record<Strategy, Expectation>>>;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;

const pooled = (counts: readonly SuccessCount[]): SuccessCount => ({
  solutions: counts.reduce((sum, count) => sum + count.solutions, 0),
  verified: counts.reduce((sum, count) => sum + count.verified, 0),
});

const rateOf = ({ solutions, verified }: SuccessCount): number => verified / Math.max(1, solutions);

/**
 * The outcomes that later decisions depend on: those of the longest window, and the newest ones of each strategy, however
 * long ago it was in force.
 */
export const newestOutcomes = (outcomes: readonly Outcome[], settings: Settings): readonly Outcome[] => {
  const { targetWindow, surpriseWindow, plateauWindow } = settings;
  const window = Math.max(targetWindow, surpriseWindow, plateauWindow);
  const seen = { explore: 0, elite: 0, fresh: 0 };
  const needed = outcomes.toReversed().filter(({ strategy }, age) => {
    seen[strategy] += 1;
    return age < window || seen[strategy] <= presentRounds(settings);
  });
  return needed.toReversed();
};

/** The rounds since the history was last renewed: earlier ones do not describe it. */
const sinceRenewal = (outcomes: readonly Outcome[]): readonly Outcome[] =>
  outcomes.slice(outcomes.findLastIndex(({ strategy }) => strategy === "fresh") + 1);

/** Successes of each strategy in its latest rounds, with examples where any are shown; of `fresh` in every round. */
const recordsBy = ({ outcomes }: Situation, settings: Settings): Record<Strategy, SuccessCount> => {
  const rounds = presentRounds(settings);
  const played = (strategy: Strategy) =>
    pooled(
      sinceRenewal(outcomes)
        .filter((outcome) => outcome.strategy === strategy)
        .slice(-rounds)
        .map(({ withExamples, withoutExamples }) => (settings.eliteIcl ? withExamples : withoutExamples)),
    );
  const fresh = pooled(outcomes.slice(-rounds).map(({ withoutExamples }) => withoutExamples));
  return { explore: played("explore"), elite: played("elite"), fresh };
};

/** The strategies to choose from: no `fresh` without examples, and no `elite` under drift (ratings are unreliable). */
const choices = ({ excess }: Situation, { eliteIcl }: Settings): Strategy[] => [
  "explore",
  ...(excess > 0 ? [] : (["elite"] as const)),
  ...(eliteIcl ? (["fresh"] as const) : []),
];

/** An untried strategy is expected to reach the mean pass rate of the tried ones. */
export const expectations = (
  situation: Situation,
  settings: Settings,
): Partial<Record<Strategy, Expectation>> => {
  const records = recordsBy(situation, settings);
  const rates = Object.values(records).flatMap((record) => (record.solutions > 0 ? [rateOf(record)] : []));
  const passRates = situation.outcomes.map(({ passRate }) => passRate);
  const peak = Math.max(recentPeak(passRates, settings), ...rates);
  const entries = choices(situation, settings).map((strategy) => {
    const { solutions } = records[strategy];
    const passRate = solutions > 0 ? rateOf(records[strategy]) : mean(rates);
    return [strategy, { passRate, surprise: freeEnergy(peak, passRate, settings), solutions }] as const;
  });
  return Object.fromEntries(entries);
};

const described = (expected: Partial<Record<Strategy, Expectation>>): string =>
  Object.entries(expected)
    .map(([strategy, { passRate, surprise, solutions }]) => {
      const basis = solutions > 0 ? `of ${solutions}` : "untried";
      return `${strategy} F ${surprise.toFixed(4)} at V ${percent(passRate)} (${basis})`;
    })
    .join("; ");

const standardErrors = 2;

const isBetter = (one: Expectation, other: Expectation): boolean => {
  const [left, right] = [
    estimateOf(one.passRate, one.solutions),
    estimateOf(other.passRate, other.solutions),
  ];
  return left.share - right.share > standardErrors * Math.sqrt(left.variance + right.variance);
};

const choiceOf = (
  expected: Partial<Record<Strategy, Expectation>>,
  present: Expectation | undefined,
): Strategy | undefined => {
  const entries = Object.entries(expected) as [Strategy, Expectation][];
  const ranked = entries.toSorted(([, left], [, right]) => left.surprise - right.surprise);
  const better = ranked.find(
    ([, one]) => one.solutions > 0 && (present === undefined || isBetter(one, present)),
  );
  return (better ?? entries.find(([, { solutions }]) => solutions === 0))?.[0];
};

/** Free energy minimisation: the strategy with the least expected surprise, if the present surprise is too high. */
const leastSurprise = (situation: Situation, settings: Settings): Switch | undefined => {
  if (!settings.fem || situation.surprise <= settings.surpriseThreshold) return undefined;
  const expected = expectations(situation, settings);
  const strategy = choiceOf(expected, expected[situation.strategy]);
  if (strategy === undefined || strategy === situation.strategy) return undefined;
  const cause = `surprise F ${situation.surprise.toFixed(4)} above ${settings.surpriseThreshold}; expected: ${described(expected)}`;
  return { strategy, cause, expected };
};

/** Whether neither V nor d has risen from the older half of the window to the newer: learning has stalled. */
const hasPlateaued = (outcomes: readonly Outcome[], settings: Settings): boolean => {
  const { plateauWindow, plateauGain, plateauStep } = settings;
  if (outcomes.length < plateauWindow) return false;
  const recent = outcomes.slice(-plateauWindow);
  const half = Math.floor(plateauWindow / 2);
  const gain = (pick: (outcome: Outcome) => number) =>
    mean(recent.slice(-half).map(pick)) - mean(recent.slice(0, half).map(pick));
  return gain(({ passRate }) => passRate) < plateauGain && gain(({ difficulty }) => difficulty) < plateauStep;
};

const onPlateau = ({ outcomes, excess }: Situation, settings: Settings): Switch | undefined =>
  excess === 0 && hasPlateaued(outcomes, settings)
    ? {
        strategy: "elite",
        cause: `no gain of ${percent(settings.plateauGain)} in V, or ${settings.plateauStep} in d, over ${settings.plateauWindow} rounds`,
      }
    : undefined;

/** The gap has closed when the newest V is within `gapClosed` of the window's peak. */
const onGapClosed = (situation: Situation, settings: Settings): Switch | undefined => {
  const { outcomes, excess, surprise } = situation;
  if (excess > 0) {
    return {
      strategy: "explore",
      cause: `internal pass rate ran ${percent(excess)} too far ahead of the anchor`,
    };
  }
  const passRates = outcomes.map(({ passRate }) => passRate);
  const peak = recentPeak(passRates, settings);
  const gap = peak === 0 ? 0 : (peak - (passRates.at(-1) ?? 0)) / peak;
  const isCalm = !settings.fem || surprise <= settings.surpriseThreshold;
  if (!isCalm || gap > settings.gapClosed || hasPlateaued(outcomes, settings)) return undefined;
  return { strategy: "explore", cause: `gap to the peak closed to ${percent(gap)}` };
};

const byPlateau = (situation: Situation, settings: Settings): Switch | undefined => {
  if (!settings.dynamicStrategy) return undefined;
  return situation.strategy === "explore" ? onPlateau(situation, settings) : onGapClosed(situation, settings);
};

/** The switch to make now, with its cause, or undefined (the stars in the paper's Fig. 1). */
export const strategySwitch = (situation: Situation, settings: Settings): Switch | undefined => {
  if (situation.roundsInForce < settings.strategyHold) return undefined;
  if (situation.strategy === "fresh") {
    return { strategy: "explore", cause: `history renewed over ${situation.roundsInForce} rounds` };
  }
  return leastSurprise(situation, settings) ?? byPlateau(situation, settings);
};
