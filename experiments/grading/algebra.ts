/**
 * Equality of expressions, by the compute engine: exact structure, then values to sixty digits.
 *
 * 1. Expressions with variables are equal if they have the same values at eight fixed points. They are chosen once, so
 *    that a verdict is the same every time. Variables are positive, and also negative if one answer has an absolute
 *    value or the like: otherwise `a\sqrt{b}` is `\sqrt{a^2b}`, as in a problem about lengths.
 * 2. What has no number, such as `f(x)` or a sum to `n`, is equal if it has the same form, and undecided otherwise.
 * 3. The engine's own comparisons are not used: they equate 10^-12 and 2·10^-12.
 *
 * An expression may take forever: this runs in a thread that can be ended (worker.ts).
 */
import { ComputeEngine, type Expression, isNumber } from "@cortex-js/compute-engine";
import type { Decimal } from "./number.ts";
import type { Verdict } from "./verdict.ts";

const digits = 60;
/** Values whose quotient is this near to 1 are equal. */
const nearness = 1e-40;
/** A computed zero is rarely smaller. */
const zero = 1e-45;

/** Values of the variables: without a pattern, on both sides of 1. */
const points = [
  ...["1.3707963267948966192313216916", "0.7182818284590452353602874713", "2.6180339887498948482045868343"],
  ...["3.3027756377319946465596106337", "0.2360679774997896964091736687", "5.1961524227066318805823390245"],
  ...["11.3137084989847603904135093678", "0.5403023058681397174009366074"],
];

interface Place {
  /** The first variable's point. */
  readonly first: number;
  /** Which of three variables are negative, as bits. */
  readonly signs: number;
}

const positive: readonly Place[] = points.map((_, first) => ({ first, signs: 0b000 }));

/** Three variables have every mix of signs; with more, the signs repeat. */
const signed: readonly Place[] = points.slice(1).map((_, index) => ({ first: index, signs: index + 1 }));

const valueAt = ({ first, signs }: Place, variable: number): string => {
  const point = points[(first + 3 * variable) % points.length] ?? "1";
  return (signs >> (variable % 3)) & 1 ? `-${point}` : point;
};

/** Fewer real values than this decide nothing while there are others. */
const enough = 3;

interface Value {
  readonly exact: Expression;
  /** Without its digits beyond floating point; 0 if it is smaller than those. */
  readonly real: number;
  readonly imaginary: number;
}

/** A quotient of two values. */
interface Quotient extends Value {
  /** Its distance from 1. */
  readonly excess: number;
}

export interface Equation {
  readonly left: string;
  readonly right: string;
}

export class Algebra {
  readonly #engine = new ComputeEngine();

  constructor() {
    this.#engine.precision = digits;
  }

  /** Whether two expressions have the same value for all values of their variables. */
  compare(left: string, right: string): Verdict {
    const [first, second] = [this.#parsed(left), this.#parsed(right)];
    if (first === undefined || second === undefined) return "undecided";
    if (first.isSame(second)) return "equal";
    const exact = this.#exactly(first, second);
    if (exact !== undefined) return exact;
    const quotients = isFormal(first) || isFormal(second) ? undefined : this.#quotients(first, second);
    if (quotients === undefined) return first.evaluate().isSame(second.evaluate()) ? "equal" : "undecided";
    return quotients.every((quotient) => quotient === "zeros" || isOne(quotient)) ? "equal" : "different";
  }

  /**
   * Whether the two equations `left = right` have the same solutions because one is a multiple of the other. For
   * inequalities the factor must have the sign that keeps or turns their direction.
   */
  compareEquations(one: Equation, other: Equation, factor: "any" | "positive" | "negative"): Verdict {
    const [first, second] = [this.#difference(one), this.#difference(other)];
    if (first === undefined || second === undefined) return "undecided";
    const factors = this.#quotients(first, second)?.filter((quotient) => quotient !== "zeros");
    const [base] = factors ?? [];
    if (factors === undefined || base === undefined) return "undecided";
    if (!factors.every(({ exact }) => isOne(this.#quotient(exact, base.exact)))) return "different";
    if (base.imaginary !== 0 || base.real === 0) return "different";
    if (factor === "any") return "equal";
    return base.real > 0 === (factor === "positive") ? "equal" : "different";
  }

  /** Whether the decimal is the expression's value, rounded to as many places. */
  rounds(latex: string, { value, places }: Decimal): boolean {
    const exact = this.#parsed(latex)?.N();
    if (!isNumber(exact) || exact.im !== 0) return false;
    const decimal = Number(value.numerator) / Number(value.denominator);
    return Math.abs(exact.re - decimal) <= 0.5 * 10 ** -places + Math.abs(decimal) * Number.EPSILON;
  }

  #parsed(latex: string): Expression | undefined {
    const expression = this.#engine.parse(latex);
    const isUndefined =
      expression.isSame(this.#engine.symbol("ComplexInfinity")) || expression.isNaN === true;
    return expression.isValid && !isUndefined && !expression.has("Text") ? expression : undefined;
  }

  #difference({ left, right }: Equation): Expression | undefined {
    const [first, second] = [this.#parsed(left), this.#parsed(right)];
    if (first === undefined || second === undefined) return undefined;
    return this.#engine.function("Subtract", [first, second]);
  }

  /** Whole numbers of any length; undefined for other values. */
  #exactly(left: Expression, right: Expression): Verdict | undefined {
    if (left.unknowns.length + right.unknowns.length > 0) return undefined;
    const [first, second] = [left.evaluate(), right.evaluate()];
    if (!isNumber(first) || !isNumber(second) || !first.isInteger || !second.isInteger) return undefined;
    return first.isSame(second) ? "equal" : "different";
  }

  /** The quotients of both values at each point where both exist; undefined if there are too few. */
  #quotients(left: Expression, right: Expression): (Quotient | "zeros")[] | undefined {
    const names = [...new Set([...left.unknowns, ...right.unknowns])];
    const tried =
      names.length === 0
        ? positive.slice(0, 1)
        : [...positive, ...(isSigned(left) || isSigned(right) ? signed : [])];
    const found = tried.flatMap((place): { isReal: boolean; quotient: Quotient | "zeros" }[] => {
      const values = Object.fromEntries(
        names.map((name, variable) => [name, this.#engine.parse(valueAt(place, variable))]),
      );
      const sides = [left.subs(values), right.subs(values)];
      if (place.signs > 0 && !sides.every(isRealThroughout)) return [];
      const [first, second] = sides.map((side) => this.#value(side));
      if (first === undefined || second === undefined) return [];
      const isReal = first.imaginary === 0 && second.imaginary === 0;
      return [{ isReal, quotient: this.#quotient(first.exact, second.exact) }];
    });
    const real = found.filter(({ isReal }) => isReal);
    const fewest = Math.min(enough, tried.length);
    const decisive = real.length >= fewest ? real : found;
    return decisive.length >= fewest ? decisive.map(({ quotient }) => quotient) : undefined;
  }

  #value(expression: Expression): Value | undefined {
    const exact = expression.N();
    const { re: real, im: imaginary } = exact;
    return isNumber(exact) && Number.isFinite(real) && Number.isFinite(imaginary)
      ? { real, imaginary, exact }
      : undefined;
  }

  /** Values too large or small for floating-point numbers keep their digits. */
  #quotient(above: Expression, below: Expression): Quotient | "zeros" {
    if (isZero(above) && isZero(below)) return "zeros";
    const nothing = {
      exact: above,
      real: Number.POSITIVE_INFINITY,
      imaginary: 0,
      excess: Number.POSITIVE_INFINITY,
    };
    if (below.is(0)) return nothing;
    const exact = this.#engine.function("Divide", [above, below]).N();
    const rest = this.#engine.function("Subtract", [exact, this.#engine.number(1)]).N();
    return { exact, real: exact.re, imaginary: exact.im, excess: Math.hypot(rest.re, rest.im) };
  }
}

/** Sums and the like with variable bounds have no value at a point. */
const isFormal = (expression: Expression): boolean =>
  expression.unknowns.length > 0 && expression.has(["Sum", "Product", "Integrate", "Limit"]);

/** Whether it says what becomes of negative values. */
const isSigned = (expression: Expression): boolean => expression.has(["Abs", "Sign", "Max", "Min"]);

/** Whether no part has a value that is not real: there, roots and logarithms follow conventions that differ. */
const isRealThroughout = (expression: Expression): boolean =>
  expression.subexpressions.every((part) => {
    const value = part.N();
    return !isNumber(value) || value.im === 0;
  });

const isZero = (value: Expression): boolean =>
  value.is(0) || (Math.hypot(value.re, value.im) < zero && value.re !== 0);

const isOne = (quotient: Quotient | "zeros"): boolean => quotient !== "zeros" && quotient.excess < nearness;
