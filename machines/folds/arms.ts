/**
 * What the elite history is worth: a trial of solutions to be written with examples against those without.
 *
 * 1. The lot depends on the seed, the model and the question: both arms get questions that are equally hard.
 * 2. Solutions count in the arm that they were drawn for, whatever their prompt had in the end (intention to treat). A
 *    retry leaves the examples out, and hard questions need most of them: counted by what was shown, the arm without
 *    examples would get the failures of the other.
 * 3. What its author withheld counts there as not verified. Who is absent, or is not waited for, counts in neither arm.
 */
import type { Dossier, Solution, SuccessCount } from "../../runtime/messages.ts";
import { chanceOf } from "../random.ts";
import type { Settings } from "../settings.ts";

export interface Arms {
  /** Counts of solutions drawn to be written with elite examples, and without. */
  readonly withExamples: SuccessCount;
  readonly withoutExamples: SuccessCount;
}

export const noCount: SuccessCount = { solutions: 0, verified: 0 };

export type Lots = Pick<Settings, "seed" | "zeroShotShare">;

/** Whether this model gets examples for this question, as far as there are any. */
export const isDrawn = (model: string, question: string, { seed, zeroShotShare }: Lots): boolean =>
  chanceOf(seed, "zero-shot", model, question) >= zeroShotShare;

/** Older journals tell only what was shown. */
const wasTaught = ({ taught, exemplars }: Solution): boolean => taught ?? exemplars.length > 0;

const counted = (before: SuccessCount, dossier: Dossier, inTaught: boolean): SuccessCount => {
  const { solutions, withheld, verified, absent = [] } = dossier;
  const offered = solutions.filter((solution) => wasTaught(solution) === inTaught);
  const missing = withheld.filter(({ author, taught }) => taught === inTaught && !absent.includes(author));
  return {
    solutions: before.solutions + offered.length + missing.length,
    verified: before.verified + offered.filter(({ solutionId }) => verified.includes(solutionId)).length,
  };
};

/** Adds a dossier's solutions. */
export const withDossier = ({ withExamples, withoutExamples }: Arms, dossier: Dossier): Arms => ({
  withExamples: counted(withExamples, dossier, true),
  withoutExamples: counted(withoutExamples, dossier, false),
});
