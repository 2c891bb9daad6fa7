import { conclusion, type Step } from "./arithmetic.ts";

/** How much of a derivation a solution shows: every step, leaps of two operations, or the answer only. */
export const STYLES = ["steps", "leaps", "answer"] as const;
export type Style = (typeof STYLES)[number];

/** Operations per leap; the result between them is not written. */
const LEAP = 2;

/** `7*8=6 6-3=3 3+9=2 ans 2`, `7*8-3=3 3+9=2 ans 2` or `ans 2`. */
export const solutionText = (steps: readonly Step[], style: Style): string =>
  [...shownItems(steps, style), `ans ${conclusion(steps)}`].join(" ");

/** The items before the answer: `7*8=6`, or `7*8-3=3`. */
export const shownItems = (steps: readonly Step[], style: Style): string[] => {
  if (style === "answer") return [];
  return style === "steps" ? steps.map(stepText) : leapsOf(steps).map(leapText);
};

export const stepText = ({ left, operator, right, result }: Step): string =>
  `${left}${operator}${right}=${result}`;

const leapsOf = (steps: readonly Step[]): Step[][] => {
  const count = Math.ceil(steps.length / LEAP);
  return Array.from({ length: count }, (_, index) => steps.slice(index * LEAP, (index + 1) * LEAP));
};

const leapText = (steps: readonly Step[]): string => {
  const operations = steps.map(({ operator, right }) => `${operator}${right}`).join("");
  return `${steps[0]?.left}${operations}=${conclusion(steps)}`;
};
