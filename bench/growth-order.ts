/** What panels do to consensus and to the order of ratings, beside the full protocol on equal questions. */

import { precisionOf } from "../experiments/audit.ts";
import { kendallTau } from "../experiments/rank-correlation.ts";
import type { ConfigInput } from "../runtime/config/config-keys.ts";
import { skilledParts, skillOf } from "./growth-skill.ts";
import { type Outcome, type Panels, playSociety, scriptedModels, unchanging } from "./growth-society.ts";

/** 20 rounds of 10 questions. */
const extent: ConfigInput = { rounds: 20, questionsPerRound: 10 };

export const playSkilled = (agents: number, seed: number, panels: Panels): Promise<Outcome> =>
  playSociety({ ...unchanging, ...extent, ...panels, models: scriptedModels(agents), seed }, skilledParts);

const names = ({ ratings }: Outcome): string[] => Object.keys(ratings).toSorted();
const mus = (outcome: Outcome): number[] => names(outcome).map((name) => outcome.ratings[name]?.mu ?? 0);

/** Kendall's tau between the final ratings. */
export const agreement = (one: Outcome, other: Outcome): number =>
  kendallTau(mus(one), mus(other)) ?? Number.NaN;

/** With the order of what voters see, which the scripts know. */
export const agreementWithSkill = (outcome: Outcome): number => {
  const all = names(outcome);
  return (
    kendallTau(
      mus(outcome),
      all.map((_, index) => -skillOf(index, all.length).leaps),
    ) ?? Number.NaN
  );
};

export const precision = ({ audit }: Outcome): number => precisionOf(audit) ?? Number.NaN;

/** Share of the right solutions that were verified. */
export const recall = ({ audit }: Outcome): number => audit.verifiedRight / audit.right;
