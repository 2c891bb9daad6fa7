/** The softmax over a block of causal scores, and its gradient. */
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
  maxLanes,
  vector,
  whileBelow,
} from "./wasm.ts";

/** Runs `body` for each vector of a row; `cursor` moves from `start` to `end`. */
const along = (cursor: Local, start: Code, end: Code, body: Code): Code => [
  cursor.set(start),
  whileBelow(cursor, end, [body, advance(cursor, VECTOR_BYTES)]),
];

/** `x = softmax(x + mask)` by row; `mask` covers the last `diagonal` columns and has rows of `maskStride` floats. */
export const softmax = (maskStride: number): FunctionBuilder => {
  const builder = new FunctionBuilder("softmax");
  const x = builder.parameter();
  const mask = builder.parameter();
  const rows = builder.parameter();
  const columns = builder.parameter();
  const diagonal = builder.parameter();
  const stride = builder.parameter();
  const [end, rowEnd, cursor, maskCursor] = [
    ...[builder.integer(), builder.integer(), builder.integer(), builder.integer()],
  ] as [Local, Local, Local, Local];
  const maximum = builder.vector();
  const sum = builder.vector();
  const here = vector.load(cursor.get);
  const exponential = exponentialOf(builder, vector.subtract(here, maximum.get));
  return builder.body([
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    whileBelow(x, end.get, [
      rowEnd.set(integer.add(x.get, bytesOf(columns.get))),
      maskCursor.set(mask.get),
      along(cursor, integer.subtract(rowEnd.get, bytesOf(diagonal.get)), rowEnd.get, [
        vector.store(cursor.get, vector.add(here, vector.load(maskCursor.get))),
        advance(maskCursor, VECTOR_BYTES),
      ]),
      maximum.set(vector.load(x.get)),
      along(cursor, x.get, rowEnd.get, maximum.set(vector.max(maximum.get, here))),
      maximum.set(vector.splat(maxLanes(maximum))),
      sum.set(vector.of(0)),
      along(cursor, x.get, rowEnd.get, [
        exponential.compute,
        vector.store(cursor.get, exponential.result),
        sum.set(vector.add(sum.get, here)),
      ]),
      sum.set(vector.splat(float.divide(float.of(1), addLanes(sum)))),
      along(cursor, x.get, rowEnd.get, vector.store(cursor.get, vector.multiply(here, sum.get))),
      advance(x, bytesOf(stride.get)),
      advance(mask, 4 * maskStride),
    ]),
  ]);
};

/** `dy = y ∘ (dy − Σ y ∘ dy)` by row, where `y` is the softmax's output. */
export const softmaxBack = (): FunctionBuilder => {
  const builder = new FunctionBuilder("softmaxBack");
  const y = builder.parameter();
  const dy = builder.parameter();
  const rows = builder.parameter();
  const columns = builder.parameter();
  const stride = builder.parameter();
  const [end, rowBytes, cursor] = [builder.integer(), builder.integer(), builder.integer()];
  const sum = builder.vector();
  const at = (base: Local): Code => integer.add(base.get, cursor.get);
  const [output, slope] = [vector.load(at(y)), vector.load(at(dy))];
  return builder.body([
    end.set(integer.add(y.get, integer.multiply(bytesOf(stride.get), rows.get))),
    rowBytes.set(bytesOf(columns.get)),
    whileBelow(y, end.get, [
      sum.set(vector.of(0)),
      along(
        ...[cursor, integer.of(0), rowBytes.get],
        sum.set(vector.add(sum.get, vector.multiply(output, slope))),
      ),
      sum.set(vector.splat(addLanes(sum))),
      along(
        ...[cursor, integer.of(0), rowBytes.get],
        vector.store(at(dy), vector.multiply(output, vector.subtract(slope, sum.get))),
      ),
      advance(y, bytesOf(stride.get)),
      advance(dy, bytesOf(stride.get)),
    ]),
  ]);
};
