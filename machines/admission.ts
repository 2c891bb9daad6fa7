/** Which solutions enter the high-quality buffer B_hq (Eq. 4's indicator). */
import type { Admission, Dossier, Rating } from "../runtime/messages.ts";
import { mean } from "./difficulty.ts";
import type { Settings } from "./settings.ts";

/** A sample (q, o_k) enters iff it is verified and μ_k > μ̄, the mean over the group. */
export const admissionsOf = (
  dossier: Dossier,
  ratings: Readonly<Record<string, Rating>>,
  { qualityVote, ratingMute }: Settings,
): Admission[] => {
  const muted = qualityVote && ratingMute;
  const average = mean(dossier.group.map((member) => ratings[member]?.mu ?? 0));
  return dossier.solutions.map(({ solution, author }) => {
    if (!dossier.verified.includes(solution)) {
      return { solution, author, admitted: false, reason: "not verified" };
    }
    if (!muted) return { solution, author, admitted: true, reason: "verified" };
    return (ratings[author]?.mu ?? 0) > average
      ? { solution, author, admitted: true, reason: "verified and above the mean" }
      : { solution, author, admitted: false, reason: "not above the mean" };
  });
};
