import { numberText } from "../dialect/arithmetic.ts";
import { conclusion, derive, type Item, type Plan, type Style, singly } from "../dialect/plan.ts";
import { answerText, itemText, shownItems, solutionText } from "../dialect/solution.ts";

/** A derivation with all steps shown, as voters write it. */
export const shownSteps = (items: readonly Item[]): string => solutionText(items, "steps");

/** A reviewer's remark on a solution of this style. */
export const reviewText = (style: Style): string => (style === "steps" ? "good" : "show steps");

/**
 * A check: each written item followed by the verifier's own steps for the same operations, to the end: `7*8=6:7*8=6
 * 6-3=4:6-3=3 ans 4:3`. A difference indicates a fault. `none` if no step is written.
 */
export const checkText = (own: readonly Item[], { items, answer }: Written): string => {
  if (items.length === 0) return "none";
  const rest = [...own];
  const checked = items.map((item) => `${item}:${ownText(own, rest.splice(0, operationsIn(item)))}`);
  const [left] = rest;
  const modulus = own[0]?.modulus ?? 10;
  const end = left ? itemText(left) : numberText(conclusion(own), modulus);
  return [...checked, `ans ${numberText(answer, modulus)}:${end}`].join(" ");
};

/** The verifier's steps for an item; its answer if no steps remain. */
const ownText = (own: readonly Item[], covered: readonly Item[]): string =>
  covered.length > 0 ? covered.map(itemText).join(" ") : answerText(own);

/** The written solution that is checked. */
export interface Written {
  readonly items: readonly string[];
  readonly answer: number;
}

const operationsIn = (item: string): number => [...item.matchAll(/[-+*]\d/g)].length;

/** The steps that a verifier compares with a solution of this plan: one for each operation. */
export const ownSteps = (plan: Plan, compute: Parameters<typeof derive>[1]): Item[] =>
  derive(singly(plan), compute);

/**
 * A self-explanation: the style and, if any, the last shown item. If a remark asks for steps, the explanation is all
 * steps, of a plan that has them.
 */
export const explanationText = (items: readonly Item[], style: Style, remark: string): string => {
  if (remark === reviewText("answer")) return `steps ${items.map(itemText).join(" ")}`;
  const key = style === "answer" ? "" : ` ${shownItems(items, style).at(-1)}`;
  return `by ${WORD_OF_STYLE[style]}${key}`;
};

const WORD_OF_STYLE: Readonly<Record<Style, string>> = { steps: "steps", leaps: "leaps", answer: "head" };

/** A solution in two words, as voters summarise it: `steps 6`. */
export const gistText = ({ style, text }: { readonly style: Style; readonly text: string }): string =>
  `${WORD_OF_STYLE[style]} ${text.slice(text.lastIndexOf(" ") + 1)}`;
