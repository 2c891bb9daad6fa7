/**
 * Shows the steps of a question one after another, slowly enough to read. Small models take a tenth of a second for
 * each.
 */
import { useEffect, useState } from "preact/hooks";
import type { Scene } from "../../view.ts";

/** Steps of a question: posed, solved, checked, voted on, kept. */
export const steps = ["asked", "solved", "checked", "voted", "kept"] as const;
export const lastStep = steps.length - 1;

/** Time between two steps [ms]. */
const pause = 1_100;

/** The newest step that has happened. */
export const stepOf = ({ stage, speeches }: Scene): number => {
  if (stage === "settled") return lastStep;
  if (stage === "voting") return 3;
  if (stage === "checking") return 2;
  return speeches.some(({ text }) => text !== undefined) ? 1 : 0;
};

interface Shown {
  readonly question: string;
  readonly step: number;
}

/** @returns the step to show: it follows the question with pauses. Without `paced`, and at first, all at once. */
export const usePacedStep = (scene: Scene, paced: boolean): number => {
  const reached = stepOf(scene);
  const [shown, setShown] = useState<Shown>({ question: scene.question, step: reached });
  const isNew = shown.question !== scene.question;
  const step = paced ? Math.min(reached, isNew ? 0 : shown.step) : reached;
  useEffect(() => {
    if (isNew || shown.step < step) return setShown({ question: scene.question, step });
    if (step >= reached) return;
    const timer = setTimeout(() => setShown({ question: scene.question, step: step + 1 }), pause);
    return () => clearTimeout(timer);
  }, [shown, scene.question, step, reached, paced]);
  return step;
};
