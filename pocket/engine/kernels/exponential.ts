/** The exponential function on vectors of four floats. */
import type { MultiplyAdd } from "./multiply-add.ts";
import { type Code, type FunctionBuilder, integers, vector } from "./wasm.ts";

/**
 * Coefficients of exp on [-ln 2 / 2, ln 2 / 2], highest first (Cephes `expf`); error below 2 units in the last place.
 */
const EXPONENTIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** 1.5 · 2²³: adding it rounds a float to an integer, which is then in the sum's lowest bits. */
const ROUNDING = 12_582_912;
const LIMIT = 87;

/**
 * Code for `exp(operand)`: 0 below -87, and exp(87) above 87. `compute` must run before `result` is read; `result`
 * may be read several times.
 */
export const exponentialOf = (
  builder: FunctionBuilder,
  operand: Code,
  multiplyAdd: MultiplyAdd,
): { compute: Code; result: Code } => {
  const { x, tooLow, rounded, power, sum } = builder.vectors("x", "tooLow", "rounded", "power", "sum");
  const { add, subtract, multiply } = vector;
  const of = (value: number): Code => builder.constant(vector.of(value));
  const [rounding, one] = [of(ROUNDING), of(1)];
  const [first, ...rest] = EXPONENTIAL;
  const term = (coefficient: number): Code => [
    power.set(sum.get),
    sum.set(of(coefficient)),
    multiplyAdd(sum, power.get, x.get),
  ];
  const compute = [
    x.set(vector.min(operand, of(LIMIT))),
    tooLow.set(vector.less(x.get, of(-LIMIT))),
    rounded.set(rounding),
    multiplyAdd(rounded, x.get, of(Math.LOG2E)),
    power.set(subtract(rounded.get, rounding)),
    multiplyAdd(x, power.get, of(-LN2_HIGH)),
    multiplyAdd(x, power.get, of(-LN2_LOW)),
    sum.set(of(first)),
    rest.map(term),
    power.set(x.get),
    multiplyAdd(power, sum.get, multiply(x.get, x.get)),
    sum.set(add(power.get, one)),
    sum.set(vector.andNot(integers.add(sum.get, integers.shiftLeft(rounded.get, 23)), tooLow.get)),
  ];
  return { compute, result: sum.get };
};
