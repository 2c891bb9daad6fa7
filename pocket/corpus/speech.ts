import type { Step } from "../dialect/arithmetic.ts";
import { type Style, solutionText, stepText } from "../dialect/solution.ts";

/** A derivation with every step shown, as verifiers and voters write it. */
export function shownSteps(steps: readonly Step[]): string {
  return solutionText(steps, "steps");
}

/** What a reviewer says of a solution in this style. */
export function reviewText(style: Style): string {
  return style === "steps" ? "good" : "show steps";
}

/**
 * A self-explanation: the style and the last step where steps were shown.
 * A remark that asks for steps is answered with them.
 */
export function explanationText(steps: readonly Step[], style: Style, remark: string): string {
  if (remark === reviewText("answer")) return `steps ${steps.map(stepText).join(" ")}`;
  const key = style === "steps" ? ` ${steps.slice(-1).map(stepText).join("")}` : "";
  return `by ${WORD_OF_STYLE[style]}${key}`;
}

const WORD_OF_STYLE: Readonly<Record<Style, string>> = { steps: "steps", results: "results", answer: "head" };

/** A solution in two words, as voters repeat it: `steps 6`. */
export function gistText(offered: { readonly style: Style; readonly answer: number }): string {
  return `${WORD_OF_STYLE[offered.style]} ${offered.answer}`;
}
