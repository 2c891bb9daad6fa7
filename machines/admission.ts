/** Which solutions enter the high-quality buffer B_hq (Eq. 4's indicator). */
import type { Admission, Dossier, Rating, Strategy } from "../runtime/messages.ts";
import { mean } from "./difficulty.ts";
import type { Settings } from "./settings.ts";
import { eliteOf } from "./strategy.ts";

type Ratings = Readonly<Record<string, Rating>>;
type Reason = Admission["reason"];

const admitting: readonly Reason[] = ["verified", "verified and above the mean"];

/**
 * A sample (q, o_k) enters iff it is verified and μ_k > μ̄, the mean over the group; while the strategy is `elite`,
 * only of a top-rated peer.
 */
export const admissionsOf = (
  dossier: Dossier,
  ratings: Ratings,
  { qualityVote, ratingMute, eliteCount }: Settings,
  strategy: Strategy,
): Admission[] => {
  const muted = qualityVote && ratingMute;
  const average = mean(dossier.group.map((member) => ratings[member]?.mu ?? 0));
  const elite = eliteOf(ratings, eliteCount);
  const reasonOf = (solution: string, author: string): Reason => {
    if (!dossier.verified.includes(solution)) return "not verified";
    if (muted && (ratings[author]?.mu ?? 0) <= average) return "not above the mean";
    if (strategy === "elite" && !elite.includes(author)) return "not of an elite peer";
    return muted ? "verified and above the mean" : "verified";
  };
  return dossier.solutions.map(({ solution, author }) => {
    const reason = reasonOf(solution, author);
    return { solution, author, admitted: admitting.includes(reason), reason };
  });
};
