import type { Step } from "../dialect/arithmetic.ts";
import { conclusion } from "../dialect/arithmetic.ts";
import { type Style, shownItems, solutionText, stepText } from "../dialect/solution.ts";

/** A derivation with all steps shown, as voters write it. */
export const shownSteps = (steps: readonly Step[]): string => solutionText(steps, "steps");

/** A reviewer's remark on a solution of this style. */
export const reviewText = (style: Style): string => (style === "steps" ? "good" : "show steps");

/**
 * A check: each written item followed by the verifier's own steps for the same operations, to the end: `7*8=6:7*8=6
 * 6-3=4:6-3=3 ans 4:3`. A difference indicates a fault. `none` if no step is written.
 */
export const checkText = (own: readonly Step[], { items, answer }: Written): string => {
  if (items.length === 0) return "none";
  const rest = [...own];
  const checked = items.map((item) => `${item}:${ownText(own, rest.splice(0, operationsIn(item)))}`);
  const [left] = rest;
  return [...checked, `ans ${answer}:${left ? stepText(left) : conclusion(own)}`].join(" ");
};

/** The verifier's steps for an item; its answer if no steps remain. */
const ownText = (own: readonly Step[], covered: readonly Step[]): string =>
  covered.length > 0 ? covered.map(stepText).join(" ") : `ans ${conclusion(own)}`;

/** The written solution that is checked. */
export interface Written {
  readonly items: readonly string[];
  readonly answer: number;
}

const operationsIn = (item: string): number => [...item.matchAll(/[-+*]\d/g)].length;

/**
 * A self-explanation: the style and, if any, the last shown item. If a remark asks for steps, the explanation is all
 * steps.
 */
export const explanationText = (steps: readonly Step[], style: Style, remark: string): string => {
  if (remark === reviewText("answer")) return `steps ${steps.map(stepText).join(" ")}`;
  const key = style === "answer" ? "" : ` ${shownItems(steps, style).at(-1)}`;
  return `by ${WORD_OF_STYLE[style]}${key}`;
};

const WORD_OF_STYLE: Readonly<Record<Style, string>> = { steps: "steps", leaps: "leaps", answer: "head" };

/** A solution in two words, as voters summarise it: `steps 6`. */
export const gistText = (offered: { readonly style: Style; readonly answer: number }): string =>
  `${WORD_OF_STYLE[offered.style]} ${offered.answer}`;
