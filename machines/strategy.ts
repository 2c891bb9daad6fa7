/** Which strategy the group follows: everybody teaches (`explore`), or only the top-rated peers do (`elite`). */
import type { Rating, Strategy } from "../runtime/messages.ts";
import { mean } from "./difficulty.ts";
import type { Settings } from "./settings.ts";

export interface Situation {
  readonly strategy: Strategy;
  /** V of every closed round, oldest first. */
  readonly passRates: readonly number[];
  /** F_t, Eq. 2. */
  readonly surprise: number;
  /** How far V has run ahead of the external anchor since the baseline, ≥ 0 where it has. */
  readonly drift: number;
}

export interface Switch {
  readonly strategy: Strategy;
  readonly cause: string;
}

/** No gain of the newer half of the window over the older half: learning has stalled. */
const hasPlateaued = (passRates: readonly number[], { plateauWindow, plateauGain }: Settings): boolean => {
  if (passRates.length < plateauWindow) return false;
  const recent = passRates.slice(-plateauWindow);
  const half = Math.floor(plateauWindow / 2);
  return mean(recent.slice(-half)) - mean(recent.slice(0, half)) < plateauGain;
};

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;

const toElite = (situation: Situation, settings: Settings): string | undefined => {
  if (situation.drift > settings.driftBound) return undefined;
  if (settings.fem && situation.surprise > settings.surpriseThreshold) {
    return `surprise F ${situation.surprise.toFixed(4)} above ${settings.surpriseThreshold}`;
  }
  return hasPlateaued(situation.passRates, settings)
    ? `no gain of ${percent(settings.plateauGain)} over ${settings.plateauWindow} rounds`
    : undefined;
};

/** The gap has closed when the newest V is back at the window's peak, within `gapClosed` of that peak. */
const toExplore = (situation: Situation, settings: Settings): string | undefined => {
  if (situation.drift > settings.driftBound) {
    return `internal pass rate ran ${percent(situation.drift)} ahead of the anchor`;
  }
  const recent = situation.passRates.slice(-settings.surpriseWindow);
  const peak = Math.max(0, ...recent);
  const gap = peak === 0 ? 0 : (peak - (recent.at(-1) ?? 0)) / peak;
  const settled = !settings.fem || situation.surprise <= settings.surpriseThreshold;
  const regained = gap <= settings.gapClosed && !hasPlateaued(situation.passRates, settings);
  return settled && regained ? `gap to the peak closed to ${percent(gap)}` : undefined;
};

/** The switch to make now with its cause, or undefined: the stars of the paper's Fig. 1. */
export const strategySwitch = (situation: Situation, settings: Settings): Switch | undefined => {
  if (!settings.dynamicStrategy) return undefined;
  if (situation.strategy === "explore") {
    const cause = toElite(situation, settings);
    return cause === undefined ? undefined : { strategy: "elite", cause };
  }
  const cause = toExplore(situation, settings);
  return cause === undefined ? undefined : { strategy: "explore", cause };
};

/** The members with the highest μ, best first. */
export const eliteOf = (ratings: Readonly<Record<string, Rating>>, count: number): string[] =>
  Object.entries(ratings)
    .toSorted(([, left], [, right]) => right.mu - left.mu)
    .slice(0, count)
    .map(([member]) => member);
