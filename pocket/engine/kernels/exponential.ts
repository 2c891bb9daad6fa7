/** The exponential function on vectors of four floats. */
import { type Code, type FunctionBuilder, vector } from "./wasm.ts";

/**
 * Coefficients of exp on [-ln 2 / 2, ln 2 / 2], highest first (Cephes `expf`); error below 2 units in the last place.
 */
const EXPONENTIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/** Code for `exp(operand)`, clamped to [-87, 87]. `compute` must run before `result` is read. */
export const exponentialOf = (builder: FunctionBuilder, operand: Code): { compute: Code; result: Code } => {
  const { x, power, sum } = builder.vectors("x", "power", "sum");
  const { of, add, subtract, multiply } = vector;
  const [first, ...rest] = EXPONENTIAL;
  const compute = [
    x.set(vector.max(of(-87), vector.min(of(87), operand))),
    power.set(vector.nearest(multiply(x.get, of(Math.LOG2E)))),
    x.set(subtract(subtract(x.get, multiply(power.get, of(LN2_HIGH))), multiply(power.get, of(LN2_LOW)))),
    sum.set(of(first)),
    rest.map((coefficient) => sum.set(add(multiply(sum.get, x.get), of(coefficient)))),
    sum.set(add(add(multiply(sum.get, multiply(x.get, x.get)), x.get), of(1))),
  ];
  const biased = vector.addInteger(vector.toInteger(power.get), vector.ofInteger(127));
  return { compute, result: multiply(sum.get, vector.shiftLeftInteger(biased, 23)) };
};
