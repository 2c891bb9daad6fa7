/** The invariants that hold for a society whatever happens to it. Each says what it finds violated, in words. */
import { attributionViolations } from "./attribution.ts";
import { budgetViolations } from "./budget.ts";
import { bufferViolations, jobViolations } from "./buffer.ts";
import { difficultyViolations } from "./difficulty.ts";
import type { Evidence } from "./evidence.ts";
import { endViolations, questionViolations } from "./questions.ts";
import { ratingViolations } from "./ratings.ts";
import { voteViolations } from "./votes.ts";

export const invariants = {
  questions: questionViolations,
  end: endViolations,
  votes: voteViolations,
  ratings: ratingViolations,
  buffer: bufferViolations,
  jobs: jobViolations,
  difficulty: difficultyViolations,
  budget: budgetViolations,
  attribution: attributionViolations,
} as const satisfies Readonly<Record<string, (evidence: Evidence) => string[]>>;

export const violationsIn = (evidence: Evidence): string[] =>
  Object.entries(invariants).flatMap(([name, find]) => find(evidence).map((what) => `${name}: ${what}`));
