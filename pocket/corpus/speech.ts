import type { Step } from "../dialect/arithmetic.ts";
import { type Style, solutionText, stepText } from "../dialect/solution.ts";

/** A derivation with every step shown, as verifiers and voters write it. */
export function shownSteps(steps: readonly Step[]): string {
  return solutionText(steps, "steps");
}

/** What a critic says of a solution in this style. */
export function critiqueText(style: Style): string {
  return style === "steps" ? "good" : "show steps";
}

/**
 * A self-explanation: the style and the last step where steps were shown.
 * A critique that asks for steps is answered with them.
 */
export function explanationText(steps: readonly Step[], style: Style, critique: string): string {
  if (critique === critiqueText("answer")) return `steps ${steps.map(stepText).join(" ")}`;
  if (style === "results") return "by results";
  return style === "answer" ? "by head" : `by steps ${steps.slice(-1).map(stepText).join("")}`;
}
