/** Row-wise kernels: RMSNorm and the gated activation. */
import { exponentialOf } from "./exponential.ts";
import { bytesOf, VECTOR_BYTES } from "./layout.ts";
import {
  addLanes,
  advance,
  type Code,
  FunctionBuilder,
  float,
  integer,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

export const normalise = (epsilon: number): FunctionBuilder => {
  const builder = new FunctionBuilder("normalise");
  const x = builder.parameter();
  const w = builder.parameter();
  const y = builder.parameter();
  const rows = builder.parameter();
  const width = builder.parameter();
  const widthBytes = builder.integer();
  const end = builder.integer();
  const column = builder.integer();
  const sum = builder.vector();
  const value = builder.vector();
  const each = (body: Code): Code => [
    column.set(integer.of(0)),
    whileBelow(column, widthBytes.get, [body, advance(column, VECTOR_BYTES)]),
  ];
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

export const gate = (): FunctionBuilder => {
  const builder = new FunctionBuilder("gate");
  const x = builder.parameter();
  const y = builder.parameter();
  const rows = builder.parameter();
  const width = builder.parameter();
  const widthBytes = builder.integer();
  const end = builder.integer();
  const rowEnd = builder.integer();
  const gateValue = builder.vector();
  const up = vector.load(integer.add(x.get, widthBytes.get));
  const exponential = exponentialOf(builder, vector.negate(gateValue.get));
  const sigmoid = vector.divide(vector.of(1), vector.add(vector.of(1), exponential.result));
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
