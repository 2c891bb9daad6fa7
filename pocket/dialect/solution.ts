import { conclusion, type Step } from "./arithmetic.ts";

/** How much of a derivation a solution shows: every step, the results only, the answer only. */
export const STYLES = ["steps", "results", "answer"] as const;
export type Style = (typeof STYLES)[number];

/** `7*8=6 6-3=3 ans 3`, `6 3 ans 3` or `ans 3`. */
export function solutionText(steps: readonly Step[], style: Style): string {
  const shown =
    style === "answer" ? [] : steps.map((step) => (style === "steps" ? stepText(step) : step.result));
  return [...shown, `ans ${conclusion(steps)}`].join(" ");
}

export function stepText({ left, operator, right, result }: Step): string {
  return `${left}${operator}${right}=${result}`;
}
