/** What agents remark before the vote, and later: kept with the question, once for each author and solution. */
import type { Dossier, MessageOf, Remark } from "../../runtime/messages.ts";

/**
 * A second remark of one author on the same solution changes nothing, nor does one on a solution that is not there,
 * or on the author's own. `late`: the vote had begun.
 */
export const withRemark = (dossier: Dossier, made: MessageOf<"remark.made">, late: boolean): Dossier => {
  const { remarks = [], solutions } = dossier;
  const { from: author, solutionId, kind, text } = made;
  const about = solutions.find((offered) => offered.solutionId === solutionId);
  const stray = solutionId !== undefined && (about === undefined || about.author === author);
  const repeated = remarks.some((each) => each.author === author && each.solutionId === solutionId);
  if (stray || repeated) return dossier;
  const remark = {
    ...{ author, kind, text },
    ...(solutionId === undefined ? {} : { solutionId }),
    ...(late ? { late } : {}),
  };
  return { ...dossier, remarks: [...remarks, remark] };
};

export const beforeVote = ({ remarks = [] }: Pick<Dossier, "remarks">): Remark[] =>
  remarks.filter(({ late = false }) => !late);

/** The texts on one solution, or on the question as a whole. */
export const remarksOn = (remarks: readonly Remark[], solutionId: string | undefined): string =>
  remarks
    .filter((remark) => remark.solutionId === solutionId)
    .map(({ text }) => text)
    .join("\n");

/** What a voter is shown beside two solutions. */
export const shownRemarks = (remarks: readonly Remark[], first: string, second: string) => ({
  remarks: remarksOn(remarks, undefined),
  firstRemarks: remarksOn(remarks, first),
  secondRemarks: remarksOn(remarks, second),
});
