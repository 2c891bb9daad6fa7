/** What panels do to consensus and to the order of ratings, beside the full protocol on equal questions. */

import { precisionOf } from "../experiments/audit.ts";
import { kendallTau } from "../experiments/rank-correlation.ts";
import type { ConfigInput } from "../runtime/config/config-keys.ts";
import { skillOf } from "./growth-skill.ts";
import { type Outcome, type Panels, playSociety, scriptedModels, unchanging } from "./growth-society.ts";

/** 20 rounds of 10 questions. */
const extent: ConfigInput = { rounds: 20, questionsPerRound: 10 };

export const playSkilled = async (agents: number, seed: number, panels: Panels): Promise<Outcome> => {
  const { skilledParts } = await import("./growth-scripts.ts");
  const models = scriptedModels(agents);
  return playSociety({ ...unchanging, ...extent, ...panels, models, seed }, skilledParts);
};

const names = ({ ratings }: Outcome): string[] => Object.keys(ratings).toSorted();

/** A member's μ at the end, or its mean over the later half of the questions: the last μ follows the last questions. */
export type Reading = "final" | "later half";

const musOf = (outcome: Outcome, reading: Reading): number[] =>
  names(outcome).map((name) => {
    const course = outcome.courses[name] ?? [];
    const read = course.slice(reading === "final" ? -1 : Math.floor(course.length / 2));
    return read.reduce((sum, mu) => sum + mu, 0) / read.length;
  });

/** Kendall's tau between the members' ratings in two runs. */
export const agreement = (one: Outcome, other: Outcome, reading: Reading): number =>
  kendallTau(musOf(one, reading), musOf(other, reading)) ?? Number.NaN;

/** With the order of what voters see, which the scripts know. */
export const agreementWithSkill = (outcome: Outcome, reading: Reading): number => {
  const skills = names(outcome).map((_, index, { length }) => -skillOf(index, length).leaps);
  return kendallTau(musOf(outcome, reading), skills) ?? Number.NaN;
};

export const precision = ({ audit }: Outcome): number => precisionOf(audit) ?? Number.NaN;

/** Share of the right solutions that were verified. */
export const recall = ({ audit }: Outcome): number => audit.verifiedRight / audit.right;
