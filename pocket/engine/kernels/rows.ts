/** Row-wise kernels: RMSNorm and the gated activation. */
import { exponentialOf } from "./exponential.ts";
import { bytesOf, VECTOR_BYTES } from "./layout.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import {
  addLanes,
  advance,
  type Code,
  eachVector,
  FunctionBuilder,
  float,
  integer,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

export const normalise = (epsilon: number): FunctionBuilder => {
  const builder = new FunctionBuilder("normalise");
  const { x, w, y, rows, width } = builder.parameters("x", "w", "y", "rows", "width");
  const { widthBytes, end, column } = builder.integers("widthBytes", "end", "column");
  const { sum, value } = builder.vectors("sum", "value");
  const each = (body: Code): Code => eachVector(column, integer.of(0), widthBytes.get, body);
  const at = (base: Local): Code => integer.add(base.get, column.get);
  const mean = float.divide(addLanes(sum), float.fromInteger(width.get));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(x.get, integer.multiply(widthBytes.get, rows.get))),
    whileBelow(x, end.get, [
      sum.set(vector.of(0)),
      each([
        value.set(vector.load(at(x))),
        sum.set(vector.add(sum.get, vector.multiply(value.get, value.get))),
      ]),
      sum.set(vector.splat(float.divide(float.of(1), float.sqrt(float.add(mean, float.of(epsilon)))))),
      each(
        vector.store(
          at(y),
          vector.multiply(vector.multiply(vector.load(at(x)), sum.get), vector.load(at(w))),
        ),
      ),
      advance(x, widthBytes.get),
      advance(y, widthBytes.get),
    ]),
  ]);
};

export const gate = (multiplyAdd: MultiplyAdd): FunctionBuilder => {
  const builder = new FunctionBuilder("gate");
  const { x, y, rows, width } = builder.parameters("x", "y", "rows", "width");
  const { widthBytes, end, rowEnd } = builder.integers("widthBytes", "end", "rowEnd");
  const gateValue = builder.vector();
  const up = vector.load(integer.add(x.get, widthBytes.get));
  const exponential = exponentialOf(builder, vector.negate(gateValue.get), multiplyAdd);
  const one = builder.constant(vector.of(1));
  const sigmoid = vector.divide(one, vector.add(one, exponential.result));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(y.get, integer.multiply(widthBytes.get, rows.get))),
    whileBelow(y, end.get, [
      rowEnd.set(integer.add(y.get, widthBytes.get)),
      whileBelow(y, rowEnd.get, [
        gateValue.set(vector.load(x.get)),
        exponential.compute,
        vector.store(y.get, vector.multiply(vector.multiply(gateValue.get, sigmoid), up)),
        advance(x, VECTOR_BYTES),
        advance(y, VECTOR_BYTES),
      ]),
      advance(x, widthBytes.get),
    ]),
  ]);
};
