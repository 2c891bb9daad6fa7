/** Answers in LaTeX as fast-check draws them. */
import fc from "fast-check";

const whole = fc.integer({ min: 1, max: 999 }).map(String);

/** One number or formula. */
export const values: fc.Arbitrary<string> = fc.oneof(
  whole,
  fc.tuple(whole, whole).map(([above, below]) => `\\frac{${above}}{${below}}`),
  fc.tuple(whole, whole).map(([factor, under]) => `${factor}\\sqrt{${under}}`),
  fc.tuple(whole, whole).map(([factor, rest]) => `${factor}x^2-${rest}y`),
  whole.map((factor) => `${factor}\\pi`),
  fc.tuple(whole, fc.integer({ min: 1, max: 99 })).map(([left, right]) => `${left}.${right}`),
);

/** Values, tuples, sets, intervals and equations. */
export const answers: fc.Arbitrary<string> = fc.oneof(
  values,
  fc.tuple(values, values).map((both) => `(${both.join(", ")})`),
  fc.array(values, { minLength: 1, maxLength: 3 }).map((items) => `\\{${items.join(", ")}\\}`),
  fc.tuple(values, values).map(([low, high]) => `[${low}, ${high})`),
  values.map((value) => `x = ${value}`),
);
