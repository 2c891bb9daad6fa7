/**
 * Compares two short answers: numbers and fractions by value, everything else by a normal form of its LaTeX. There is
 * no algebra: `2x + 1` and `1 + 2x` differ, so a right answer may count as wrong.
 */

/** An exact fraction; the denominator is positive. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Only so much of a text is compared [characters]. */
const longest = 500;

/** Wrappers without meaning. They can be nested, so they are removed in several passes. */
const wrappers: readonly (readonly [RegExp, string])[] = [
  [/\\(?:boxed|fbox|mathrm|mathbf|mathit|textbf|textit|text|mbox|operatorname)\{([^{}]*)\}/g, "$1"],
  [/\\(?:left|right|displaystyle|limits)(?![a-zA-Z])/g, ""],
  [/\\[,;:! ]|~|\\quad|\\qquad/g, ""],
];

const rewrites: readonly (readonly [RegExp, string])[] = [
  [/\\\(|\\\)|\\\[|\\\]|\\?\$/g, ""],
  [/\\[dtc]frac(?![a-zA-Z])/g, "\\frac"],
  [/\\frac\s*(\d)\s*(\d)/g, "\\frac{$1}{$2}"],
  [/\\sqrt\s*(\d)/g, "\\sqrt{$1}"],
  [/\^\s*\{?\\circ\}?|\\degree|°/g, ""],
  [/\\?%|\\percent/g, ""],
  [/\\cdot|\\times/g, "*"],
  [/\\le(?:q|qslant)?(?![a-zA-Z])/g, "≤"],
  [/\\ge(?:q|qslant)?(?![a-zA-Z])/g, "≥"],
  [/\\neq?(?![a-zA-Z])/g, "≠"],
  [/[−–]/g, "-"],
  [/(\d)[,\u202f](?=\d{3}(?!\d))/g, "$1"],
];

const rewritten = (text: string, rules: readonly (readonly [RegExp, string])[]): string =>
  rules.reduce((kept, [from, to]) => kept.replaceAll(from, to), text);

/** `x = 7` equals `7`; an equation with a longer left side is kept. */
const withoutName = (text: string): string => text.replace(/^[a-zA-Z](?:_\{?\w+\}?)?=(?=[^=]*$)/, "");

/** Units after a number: `7 apples`, `12 cm^2`. */
const withoutUnit = (text: string): string =>
  text.replace(/^([-+]?[\d.,/]+)\s*[a-zA-Z][a-zA-Z ]*(?:\^\{?\d\}?)?$/, "$1");

/** The normal form of an answer. */
export const normalAnswer = (answer: string): string => {
  const trimmed = answer.slice(0, longest).trim().replace(/\.$/, "");
  const peeled = [1, 2, 3].reduce((text) => rewritten(text, wrappers), rewritten(trimmed, rewrites));
  const plain = withoutUnit(peeled.trim().replace(/^[£€]/, "")).replaceAll(/\s+/g, "");
  return withoutName(plain).replace(/\.$/, "").toLowerCase();
};

const sign = (text: string): bigint => (text.startsWith("-") ? -1n : 1n);

const decimalOf = (text: string): Ratio | undefined => {
  const match = /^[-+]?(\d*)\.?(\d*)$/.exec(text);
  const [, whole = "", part = ""] = match ?? [];
  if (match === null || whole + part === "") return undefined;
  return { numerator: sign(text) * BigInt(whole + part), denominator: 10n ** BigInt(part.length) };
};

const divided = (above: Ratio | undefined, below: Ratio | undefined): Ratio | undefined => {
  if (!above || !below || below.numerator === 0n) return undefined;
  const flip = below.numerator < 0n ? -1n : 1n;
  return {
    numerator: flip * above.numerator * below.denominator,
    denominator: flip * above.denominator * below.numerator,
  };
};

/** Integers, decimals, `a/b`, `\frac{a}{b}` and mixed numbers; undefined for anything else. */
const ratioOf = (normal: string): Ratio | undefined => {
  const fraction = /^([-+]?)(\d*)\\frac\{([^{}]*)\}\{([^{}]*)\}$/.exec(normal);
  if (fraction) {
    const [, minus = "", whole = "", above = "", below = ""] = fraction;
    const part = divided(decimalOf(above), decimalOf(below));
    if (!part) return undefined;
    const numerator = part.numerator + BigInt(whole || "0") * part.denominator;
    return { numerator: sign(minus) * numerator, denominator: part.denominator };
  }
  const [above = "", below, ...more] = normal.split("/");
  if (below === undefined) return decimalOf(normal);
  return more.length > 0 ? undefined : divided(decimalOf(above), decimalOf(below));
};

const isSameRatio = (left: Ratio, right: Ratio): boolean =>
  left.numerator * right.denominator === right.numerator * left.denominator;

export const isSameAnswer = (gold: string, given: string): boolean => {
  const [left, right] = [normalAnswer(gold), normalAnswer(given)];
  if (left === right) return left !== "";
  const [first, second] = [ratioOf(left), ratioOf(right)];
  return first !== undefined && second !== undefined && isSameRatio(first, second);
};
