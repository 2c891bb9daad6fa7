/** Exact numbers: integers, decimals, fractions, mixed numbers and powers of ten, compared without rounding. */

/** An exact fraction; the denominator is positive. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

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

/** Larger powers of ten are left to the algebra. */
const largestExponent = 400;

const scientificOf = (text: string): Ratio | undefined => {
  const match = /^([-+]?[\d.]+)(?:\\cdot|\*)10\^(?:\{([-+]?\d{1,3})\}|(\d))$/.exec(text);
  const [, digits = "", braced, single] = match ?? [];
  const exponent = Number(braced ?? single);
  const factor = match === null ? undefined : decimalOf(digits);
  if (factor === undefined || Math.abs(exponent) > largestExponent) return undefined;
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0
    ? { ...factor, denominator: factor.denominator * power }
    : { ...factor, numerator: factor.numerator * power };
};

/** `a/b`, `\frac{a}{b}` and mixed numbers such as `1\frac{1}{2}`. */
const fractionOf = (text: string): Ratio | undefined => {
  const fraction = /^([-+]?)(\d*)\\frac\{([^{}]*)\}\{([^{}]*)\}$/.exec(text);
  if (fraction) {
    const [, minus = "", whole = "", above = "", below = ""] = fraction;
    const part = divided(decimalOf(above), decimalOf(below));
    if (!part) return undefined;
    const numerator = part.numerator + BigInt(whole || "0") * part.denominator;
    return { numerator: sign(minus) * numerator, denominator: part.denominator };
  }
  const [above = "", below, ...more] = text.split("/");
  if (below === undefined || more.length > 0) return undefined;
  return divided(decimalOf(above), decimalOf(below.replace(/^\((.*)\)$/, "$1")));
};

/** The value of a cleaned text without spaces; undefined if it is not a number in one of these notations. */
export const ratioOf = (text: string): Ratio | undefined =>
  decimalOf(text) ?? fractionOf(text) ?? scientificOf(text);

export const isSameRatio = (left: Ratio, right: Ratio): boolean =>
  left.numerator * right.denominator === right.numerator * left.denominator;

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Decimals that differ by less than a part in 10^12 differ by a floating-point error. */
export const isNearly = (left: Ratio, right: Ratio): boolean => {
  const [first, second] = [left.numerator * right.denominator, right.numerator * left.denominator];
  return magnitude(first - second) * 10n ** 12n < magnitude(first);
};

export const isDecimal = (text: string): boolean => /^[-+]?\d*\.\d+$/.test(text);

/** A decimal such as `0.3333`: its value, and its place after the point [digits]. */
export interface Decimal {
  readonly value: Ratio;
  readonly places: number;
}

/** Significant digits that a decimal needs to stand for an exact value. */
const fewestDigits = 4;

/** A decimal that is precise enough to stand for the exact value which it rounds; undefined for other texts. */
export const roundedDecimal = (text: string): Decimal | undefined => {
  const [, whole = "", part = ""] = /^[-+]?(\d*)\.(\d+)$/.exec(text) ?? [];
  const digits = `${whole}${part}`.replace(/^0+/, "").length;
  const value = digits < fewestDigits ? undefined : decimalOf(text);
  return value === undefined ? undefined : { value, places: part.length };
};

/** Whether the exact value is the decimal when it is rounded to as many places. */
export const isRounding = ({ value, places }: Decimal, exact: Ratio): boolean => {
  const difference = value.numerator * exact.denominator - exact.numerator * value.denominator;
  const denominator = value.denominator * exact.denominator;
  return magnitude(difference) * 2n * 10n ** BigInt(places) <= denominator;
};
