/**
 * Which question tells most of what the society does: one on which the models disagree, whose checks separate its
 * solutions, and from which something is kept.
 */
import type { Dossier } from "../../runtime/messages.ts";
import type { QuestionLine } from "../view.ts";

/** For this long of the run one question is shown [ms]. */
const slot = 8_000;
/** Number of the newest questions that are compared. */
const compared = 96;

type Line = Pick<QuestionLine, "outcome" | "solutions" | "verified" | "admitted">;

export const weightOfLine = ({ outcome, solutions, verified, admitted }: Line): number => {
  if (outcome === "void") return -1;
  const isMixed = verified > 0 && verified < solutions;
  const many = Number(solutions > 2);
  return 4 * Number(isMixed) + 2 * Number(verified > 1) + Number(admitted > 0) + Number(verified > 0) + many;
};

/** A question that may not have ended yet. */
type Under = Pick<Dossier, "solutions" | "verdicts" | "ballots">;

export const weightOfDossier = ({ solutions, verdicts, ballots }: Under): number => {
  const refused = new Set(
    verdicts.filter(({ verdict }) => verdict === "refuse").map(({ solutionId }) => solutionId),
  );
  const isMixed = refused.size > 0 && refused.size < solutions.length;
  const answers = new Set(solutions.map(({ answer }) => answer));
  return 4 * Number(isMixed) + 2 * Number(ballots.length > 0) + Number(answers.size > 1);
};

/** Lost weight for every slot since the question ended. */
const ageing = 0.75;

/** What a person asks has its own page. */
const isTold = ({ outcome, askedBy }: QuestionLine): boolean => outcome !== "void" && askedBy === undefined;

/** The most telling of the newest questions before the slot that contains a time. */
export const tellingQuestion = (lines: readonly QuestionLine[], at: number): string | undefined => {
  const end = at - (at % slot);
  const newest = lines.slice(-compared).filter(isTold);
  const before = newest.filter((line) => line.at <= end);
  const weightOf = (line: QuestionLine) => weightOfLine(line) - (ageing * (end - line.at)) / slot;
  const [chosen] = before.toSorted((left, right) => weightOf(right) - weightOf(left));
  return (chosen ?? newest[0])?.question;
};
