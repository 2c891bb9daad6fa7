/** The ratings after every question are those before it, moved by its votes. */
import { trueSkill } from "../../../actors/trueskill.ts";
import { rateDossier } from "../../../machines/referee.ts";
import type { Rating } from "../../../runtime/messages.ts";
import { type Evidence, isClose, ofType } from "./evidence.ts";

type Ratings = Readonly<Record<string, Rating>>;

const isSame = (left: Ratings, right: Ratings): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([member, { mu, sigma }]) => {
    const other = right[member];
    return other !== undefined && isClose(mu, other.mu) && isClose(sigma, other.sigma);
  });

const shown = (ratings: Ratings): string =>
  Object.entries(ratings)
    .map(([member, { mu, sigma }]) => `${member} ${mu.toFixed(3)}±${sigma.toFixed(3)}`)
    .toSorted()
    .join(", ");

export const ratingViolations = ({ records }: Evidence): string[] => {
  let before: Ratings = {};
  return ofType(records, "question.settled").flatMap(({ dossier, ratings }) => {
    const computed = rateDossier(trueSkill, before, dossier);
    before = ratings;
    if (isSame(ratings, computed)) return [];
    return [`after ${dossier.question} the ratings are ${shown(ratings)}, not ${shown(computed)}`];
  });
};
