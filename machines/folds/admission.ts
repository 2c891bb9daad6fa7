/** Which solutions enter the high-quality buffer B_hq (Eq. 4's indicator). */
import type { Admission, Dossier, Rating, Strategy } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { mean } from "./difficulty.ts";

type Ratings = Readonly<Record<string, Rating>>;
type Reason = Admission["reason"];

/**
 * The `members` with the highest μ, best first: they teach while the strategy is `elite`. Ratings are also known of
 * members that are gone.
 */
export const eliteOf = (ratings: Ratings, members: readonly string[], count: number): string[] =>
  Object.entries(ratings)
    .filter(([member]) => members.includes(member))
    .toSorted(([, left], [, right]) => right.mu - left.mu)
    .slice(0, count)
    .map(([member]) => member);

const admitting: readonly Reason[] = ["verified", "verified and above the mean"];

/**
 * Of admitted solutions with the same text only the first is admitted: a copy teaches nothing new. Where each member
 * trains on its own solutions, only those of the same author are copies.
 */
const withoutCopies = (
  admissions: readonly Admission[],
  { solutions }: Dossier,
  trainOn: Settings["trainOn"],
): Admission[] => {
  const textOf = new Map(
    solutions.map(({ solutionId, author, text }) => [
      solutionId,
      `${trainOn === "own" ? author : ""}\n${text.trim()}`,
    ]),
  );
  const seen = new Set<string | undefined>();
  return admissions.map((admission) => {
    const text = textOf.get(admission.solutionId);
    if (admission.admitted && seen.has(text)) {
      return { ...admission, admitted: false, reason: "the same text as another's" };
    }
    if (admission.admitted) seen.add(text);
    return admission;
  });
};

/**
 * A sample (q, o_k) is admitted iff it is verified and μ_k > μ̄, the mean over the group (Eq. 4). While the strategy
 * is `elite`, its author must also be top-rated in the group. The same text is admitted once.
 */
export const admissionsOf = (
  dossier: Dossier,
  ratings: Ratings,
  { qualityVote, ratingMute, eliteCount, trainOn }: Settings,
  strategy: Strategy,
): Admission[] => {
  const muted = qualityVote && ratingMute;
  const average = mean(dossier.group.map((member) => ratings[member]?.mu ?? 0));
  const elite = eliteOf(ratings, dossier.group, eliteCount);
  const reasonOf = (solutionId: string, author: string): Reason => {
    if (!dossier.verified.includes(solutionId)) return "not verified";
    if (muted && (ratings[author]?.mu ?? 0) <= average) return "not above the mean";
    if (strategy === "elite" && !elite.includes(author)) return "not of an elite peer";
    return muted ? "verified and above the mean" : "verified";
  };
  const admissions = dossier.solutions.map(({ solutionId, author }): Admission => {
    const reason = reasonOf(solutionId, author);
    return { solutionId, author, admitted: admitting.includes(reason), reason };
  });
  return withoutCopies(admissions, dossier, trainOn);
};
