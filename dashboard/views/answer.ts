/** The verdict of the society on a question that a person has asked. */
import type { Dossier, Solution } from "../../runtime/messages.ts";
import type { AnswerView } from "../acts-view.ts";

/** Answers are compared as they are written, but for white space and case. */
const normal = (answer: string): string => answer.replaceAll(/\s+/g, " ").trim().toLowerCase();

const isSame = (one: Solution, other: Solution): boolean => normal(one.answer) === normal(other.answer);

/** Answers with their authors, those of most members first. */
const tallyOf = ({ solutions }: Dossier): AnswerView["answers"] =>
  [...Map.groupBy(solutions, ({ answer }) => normal(answer)).values()]
    .map((same) => ({ answer: same[0]?.answer ?? "", authors: same.map(({ author }) => author) }))
    .toSorted((left, right) => right.authors.length - left.authors.length);

/**
 * The checks that speak for an answer: solutions with it accepted, and others refused. Abstentions say nothing.
 */
const checksFor = ({ solutions, verdicts }: Dossier, winner: Solution): AnswerView["checks"] => {
  const known = new Map(solutions.map((solution) => [solution.solutionId, solution] as const));
  const given = verdicts.filter(({ verdict, solutionId }) => verdict !== "abstain" && known.has(solutionId));
  const agreeing = given.filter(({ solutionId, verdict }) => {
    const solution = known.get(solutionId);
    return solution !== undefined && isSame(solution, winner) === (verdict === "accept");
  });
  return { agreeing: agreeing.length, given: given.length };
};

const reasonsFor = ({ explanation, verdicts }: Dossier, { solutionId }: Solution): AnswerView["reasons"] => [
  ...(explanation === undefined ? [] : [{ by: explanation.author, text: explanation.text }]),
  ...verdicts
    .filter((given) => given.solutionId === solutionId && given.verdict !== "abstain")
    .map(({ verifier, text }) => ({ by: verifier, text })),
];

export const answerOf = (dossier: Dossier): AnswerView => {
  const winner = dossier.solutions.find(({ solutionId }) => solutionId === dossier.winner);
  const answers = tallyOf(dossier);
  if (winner === undefined) return { answers, checks: { agreeing: 0, given: 0 }, reasons: [] };
  const checks = checksFor(dossier, winner);
  return {
    answer: winner.answer,
    author: winner.author,
    answers,
    checks,
    ...(checks.given === 0 ? {} : { confidence: checks.agreeing / checks.given }),
    reasons: reasonsFor(dossier, winner),
  };
};
