/** Internal surprise, Eq. 2: F_t = ((μ* − μ̄) / (μ* + ε))². */
import type { Rating } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { mean } from "./difficulty.ts";

/** F for a peak μ* and a present μ̄; 0 if the present is above the peak. */
export const freeEnergy = (peak: number, present: number, { surpriseEpsilon }: Settings): number =>
  peak <= 0 ? 0 : (Math.max(0, peak - present) / (peak + surpriseEpsilon)) ** 2;

/** Rounds that count as the present: the newer half of the window. */
export const presentRounds = ({ surpriseWindow }: Settings): number => Math.ceil(surpriseWindow / 2);

/** The highest value within the window. */
export const recentPeak = (values: readonly number[], { surpriseWindow }: Settings): number =>
  Math.max(0, ...values.slice(-surpriseWindow));

/** μ* is the peak of `best` within the window, μ̄ the mean of the newer half of `present`. */
const surpriseOf = (best: readonly number[], present: readonly number[], settings: Settings): number =>
  freeEnergy(recentPeak(best, settings), mean(present.slice(-presentRounds(settings))), settings);

/** How the group stood when a round closed: the highest TrueSkill μ and the mean. */
export interface Standing {
  readonly best: number;
  readonly mean: number;
}

/** The newest standings, which later surprise depends on. */
export const recentStandings = (
  standings: readonly Standing[],
  { surpriseWindow }: Settings,
): readonly Standing[] => standings.slice(-surpriseWindow);

/** @param group whose ratings count: those who have left keep theirs, and are not the group any more */
export const standingOf = (ratings: Readonly<Record<string, Rating>>, group: readonly string[]): Standing => {
  const skills = group.flatMap((member) => ratings[member]?.mu ?? []);
  return { best: Math.max(0, ...skills), mean: mean(skills) };
};

/** The paper's text allows two meanings of μ: the pass rate V, or the TrueSkill ratings. */
export const surprise = (
  passRates: readonly number[],
  standings: readonly Standing[],
  settings: Settings,
): number =>
  settings.surpriseReading === "passRate"
    ? surpriseOf(passRates, passRates, settings)
    : surpriseOf(
        standings.map(({ best }) => best),
        standings.map((standing) => standing.mean),
        settings,
      );
