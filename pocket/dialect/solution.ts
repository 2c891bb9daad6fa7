import { numberText, operationText } from "./arithmetic.ts";
import { conclusion, type Item, type Style } from "./plan.ts";

/** `7*8=6`, or the leap `7*8-3=3` */
export const itemText = ({ modulus, left, operations, result }: Item): string =>
  `${numberText(left, modulus)}${operations.map(operationText).join("")}=${numberText(result, modulus)}`;

/** `ans 2` or `ans 02`: what a derivation leads to. */
export const answerText = (items: readonly Item[]): string =>
  `ans ${numberText(conclusion(items), items[0]?.modulus ?? 10)}`;

/** The items before the answer. */
export const shownItems = (items: readonly Item[], style: Style): string[] =>
  style === "answer" ? [] : items.map(itemText);

/** `7*8=6 6-3=3 3+9=2 ans 2`, `7*8-3=3 3+9=2 ans 2` or `ans 2`, of a plan in that style. */
export const solutionText = (items: readonly Item[], style: Style): string =>
  [...shownItems(items, style), answerText(items)].join(" ");
